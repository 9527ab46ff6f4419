#include "kernels/cuda/noise.h"

#include "kernels/cuda/elements.cuh"
#include "kernels/cuda/grid.h"
#include "kernels/cuda/philox.cuh"

namespace clipbench::kernels::cuda {
namespace {

constexpr int kThreads = 256;

/// to[i] = from[i] + noise; from nullptr counts as zeros.
template <int N, class To>
__global__ void __launch_bounds__(kThreads)
    add_noise_to(const float* from, To* to, std::int64_t groups, Noise noise) {
  for (std::int64_t i = blockIdx.x * kThreads + threadIdx.x; i < groups;
       i += std::int64_t{gridDim.x} * kThreads) {
    Raw<float, N> raw;
    if (from != nullptr) raw.load(from + i * N);
    float values[N];
    raw.unpack_to(values);
    if (noise.std != 0) add_noise(values, noise, noise.first + static_cast<std::uint64_t>(i) * N);
    store(to + i * N, values);
  }
}

template <class To>
void launch(const float* from, To* to, std::int64_t n, const Noise& noise, cudaStream_t stream) {
  const bool even = n % 8 == 0 && noise.first % 4 == 0 && on_16_bytes(from) && on_16_bytes(to);
  if (even) {
    add_noise_to<8>
        <<<blocks_for(n, 8 * kThreads, 8), kThreads, 0, stream>>>(from, to, n / 8, noise);
  } else {
    add_noise_to<1><<<blocks_for(n, kThreads, 8), kThreads, 0, stream>>>(from, to, n, noise);
  }
  cuda_check(cudaGetLastError(), "launch of add_noise_to");
}

}  // namespace

void noise_into(float* out, std::int64_t n, bool keep, const Noise& noise, cudaStream_t stream) {
  launch(keep ? out : nullptr, out, n, noise, stream);
}

void release(const float* sum, void* out, Element type, std::int64_t n, const Noise& noise,
             cudaStream_t stream) {
  with_element(type, [&]<class T>(T) { launch(sum, static_cast<T*>(out), n, noise, stream); });
}

}  // namespace clipbench::kernels::cuda
