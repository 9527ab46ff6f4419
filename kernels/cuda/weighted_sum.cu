#include "kernels/cuda/weighted_sum.h"

#include "kernels/cuda/elements.cuh"
#include "kernels/cuda/grid.h"
#include "kernels/cuda/philox.cuh"

namespace clipbench::kernels::cuda {
namespace {

constexpr int kThreads = 256;
constexpr int kBatch = 8;  // rows under way at once

/// acc += the weighted elements [i, i + N) of all rows.
template <int N, class T>
__device__ void add_rows(float (&acc)[N], const T* rows, std::int64_t pitch, int samples,
                         const float* factors) {
  for (int first = 0; first < samples; first += kBatch) {
    Raw<T, N> raw[kBatch];
    float weights[kBatch];
#pragma unroll
    for (int k = 0; k < kBatch; ++k) {
      const int sample = min(first + k, samples - 1);  // loads without a condition go out together
      weights[k] = first + k < samples ? __ldg(factors + sample) : 0.f;
      raw[k].load(rows + sample * pitch);
    }
#pragma unroll
    for (int k = 0; k < kBatch; ++k) {
      float values[N];
      raw[k].unpack_to(values);
#pragma unroll
      for (int x = 0; x < N; ++x) acc[x] += weights[k] == 0.f ? 0.f : weights[k] * values[x];
    }
  }
}

/// to[i] = (from[i] or 0) + the weighted sum + noise.
template <int N, class T, class To>
__global__ void __launch_bounds__(kThreads)
    sum_rows(const T* rows, std::int64_t pitch, std::int64_t groups, int samples,
             const float* factors, const float* from, To* to, Noise noise) {
  for (std::int64_t i = blockIdx.x * kThreads + threadIdx.x; i < groups;
       i += std::int64_t{gridDim.x} * kThreads) {
    Raw<float, N> start;
    if (from != nullptr) start.load(from + i * N);
    float acc[N];
    start.unpack_to(acc);
    add_rows(acc, rows + i * N, pitch, samples, factors);
    if (noise.std != 0) add_noise(acc, noise, noise.first + static_cast<std::uint64_t>(i) * N);
    store(to + i * N, acc);
  }
}

template <class T, class To>
void launch_for(const SampleRows& rows, const float* factors, const float* from, To* to,
                const Noise& noise, cudaStream_t stream) {
  const auto* data = static_cast<const T*>(rows.data);
  const bool even = rows.size % 8 == 0 && rows.pitch % 8 == 0 && noise.first % 4 == 0 &&
                    on_16_bytes(data) && on_16_bytes(from) && on_16_bytes(to);
  if (even) {
    const unsigned blocks = blocks_for(rows.size, 8 * kThreads, 8);
    sum_rows<8><<<blocks, kThreads, 0, stream>>>(data, rows.pitch, rows.size / 8, rows.samples,
                                                 factors, from, to, noise);
  } else {
    const unsigned blocks = blocks_for(rows.size, kThreads, 8);
    sum_rows<1><<<blocks, kThreads, 0, stream>>>(data, rows.pitch, rows.size, rows.samples, factors,
                                                 from, to, noise);
  }
  cuda_check(cudaGetLastError(), "launch of sum_rows");
}

template <class To>
void launch(const SampleRows& rows, const float* factors, const float* from, To* to,
            const Noise& noise, cudaStream_t stream) {
  if (rows.type == Element::bf16) return launch_for<bf16>(rows, factors, from, to, noise, stream);
  launch_for<float>(rows, factors, from, to, noise, stream);
}

}  // namespace

void weighted_sum(const SampleRows& rows, const float* factors, float* sum, cudaStream_t stream) {
  launch(rows, factors, sum, sum, Noise{}, stream);
}

void weighted_sum_release(const SampleRows& rows, const float* factors, const Noise& noise,
                          void* out, Element type, cudaStream_t stream) {
  if (type == Element::bf16) {
    launch(rows, factors, nullptr, static_cast<bf16*>(out), noise, stream);
  } else {
    launch(rows, factors, nullptr, static_cast<float*>(out), noise, stream);
  }
}

}  // namespace clipbench::kernels::cuda
