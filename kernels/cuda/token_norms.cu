#include "kernels/cuda/token_norms.h"

#include "kernels/cuda/elements.cuh"
#include "kernels/cuda/grid.h"

namespace clipbench::kernels::cuda {
namespace {

constexpr int kThreads = 256, kWarps = kThreads / 32;
constexpr int kTokens = 16;  // of a block
constexpr int kBatch = 4;    // loads a thread has under way at once

template <int N>
__device__ float sum_squares(const float (&values)[N]) {
  float sum = 0;
#pragma unroll
  for (int i = 0; i < N; ++i) sum += values[i] * values[i];
  return sum;
}

/// Σ x² of a row, in all lanes; N elements an access, those beyond the last group one by one.
template <int N, class T>
__device__ float row_squares(const T* row, int columns) {
  const int lane = threadIdx.x % 32, whole = columns / N * N;
  float sum = 0;
  for (int first = lane * N; first < whole; first += 32 * N * kBatch) {
    Raw<T, N> raw[kBatch];
#pragma unroll
    for (int k = 0; k < kBatch; ++k) {
      if (first + k * 32 * N < whole) raw[k].load(row + first + k * 32 * N);
    }
#pragma unroll
    for (int k = 0; k < kBatch; ++k) {
      float values[N];
      raw[k].unpack_to(values);
      sum += sum_squares(values);
    }
  }
  if (whole + lane < columns) {
    const float last = static_cast<float>(row[whole + lane]);
    sum += last * last;
  }
  for (int offset = 16; offset > 0; offset /= 2) sum += __shfl_xor_sync(~0u, sum, offset);
  return sum;
}

/// A lane adds columns/32 squares of one sign, so no root is below the row's norm by more than this
/// factor: half of (columns/32 + 16) roundings of a square, and some of root, product and sums.
__device__ float root_from_above(float squares, int columns) {
  constexpr float kRoundoff = 0x1p-24f;
  return sqrtf(squares) * (1 + (columns / 64.f + 32) * kRoundoff);
}

/// Adds the warps' sums in order.
__device__ void write_partial(float of_warp, float (&shared)[kWarps], float* to) {
  if (threadIdx.x % 32 == 0) shared[threadIdx.x / 32] = of_warp;
  __syncthreads();
  if (threadIdx.x != 0) return;
  float sum = 0;
  for (int w = 0; w < kWarps; ++w) sum += shared[w];
  *to = sum;
}

/// Block (tokens / kTokens, sample), a warp a token at a time.
template <int N, class T>
__global__ void __launch_bounds__(kThreads) add_norms(TokenPairs pairs, float* partials) {
  __shared__ float shared[2][kWarps];
  const std::int64_t sample = blockIdx.y;
  const int last = min(pairs.tokens, static_cast<int>(blockIdx.x + 1) * kTokens);
  float products = 0, gradients = 0;
  for (int t = blockIdx.x * kTokens + threadIdx.x / 32; t < last; t += kWarps) {
    const std::int64_t row = sample * pairs.tokens + t;
    const auto* g = static_cast<const T*>(pairs.g) + row * pairs.g_pitch;
    const float g_norm = root_from_above(row_squares<N>(g, pairs.d), pairs.d);
    gradients += g_norm;
    if (pairs.a == nullptr) continue;
    const auto* a = static_cast<const T*>(pairs.a) + row * pairs.a_pitch;
    products += root_from_above(row_squares<N>(a, pairs.p), pairs.p) * g_norm;
  }
  float* to = partials + sample * gridDim.x + blockIdx.x;
  write_partial(products, shared[0], to);
  write_partial(gradients, shared[1], to + std::int64_t{pairs.samples} * gridDim.x);
}

template <class T>
void launch(const TokenPairs& pairs, float* partials, cudaStream_t stream) {
  const dim3 grid(static_cast<unsigned>(token_norm_partials(pairs)),
                  static_cast<unsigned>(pairs.samples));
  const bool even = pairs.a_pitch % 8 == 0 && pairs.g_pitch % 8 == 0 && on_16_bytes(pairs.a) &&
                    on_16_bytes(pairs.g);
  if (even) {
    add_norms<8, T><<<grid, kThreads, 0, stream>>>(pairs, partials);
  } else {
    add_norms<1, T><<<grid, kThreads, 0, stream>>>(pairs, partials);
  }
  cuda_check(cudaGetLastError(), "launch of add_norms");
}

}  // namespace

std::int64_t token_norm_partials(const TokenPairs& pairs) {
  return (pairs.tokens + kTokens - 1) / kTokens;
}

void token_norms(const TokenPairs& pairs, float* partials, cudaStream_t stream) {
  if (pairs.type == Element::bf16) return launch<bf16>(pairs, partials, stream);
  launch<float>(pairs, partials, stream);
}

}  // namespace clipbench::kernels::cuda
