#include "kernels/cuda/token_norms.h"

#include "kernels/cuda/block.cuh"
#include "kernels/cuda/early_start.cuh"
#include "kernels/cuda/elements.cuh"

namespace clipbench::kernels::cuda {
namespace {

constexpr int kThreads = 256, kWarps = kThreads / 32;
constexpr int kTokens = 16;  // of a block
constexpr int kGroup = 8;    // elements a thread loads at once
constexpr int kBatch = 4;    // groups it has under way

__device__ float square(float x) { return x * x; }

/// Elements before the first on 16 bytes.
template <class T>
__device__ int lead_of(const T* row, int columns) {
  const auto past = reinterpret_cast<std::uintptr_t>(row) % 16;
  return min(columns, static_cast<int>((16 - past) % 16 / sizeof(T)));
}

/// A lane's share of the squares of whole groups.
template <class T>
__device__ float group_squares(const T* row, int columns) {
  float sum = 0;
  for (int first = threadIdx.x % 32 * kGroup; first < columns; first += 32 * kGroup * kBatch) {
    Raw<T, kGroup> raw[kBatch];
#pragma unroll
    for (int k = 0; k < kBatch; ++k) {
      const int at = first + k * 32 * kGroup;
      if (at < columns) raw[k].load(row + at);
    }
#pragma unroll
    for (int k = 0; k < kBatch; ++k) {
      float values[kGroup];
      raw[k].unpack_to(values);
#pragma unroll
      for (int i = 0; i < kGroup; ++i) sum += square(values[i]);
    }
  }
  return sum;
}

/// Σ x² of a row, in all lanes. What lies before and behind its groups on 16 bytes, at most 7
/// elements each, is added one by one.
template <class T>
__device__ float row_squares(const T* row, int columns) {
  const int lane = threadIdx.x % 32, lead = lead_of(row, columns);
  const int groups_end = lead + (columns - lead) / kGroup * kGroup;
  float sum = group_squares(row + lead, groups_end - lead);
  if (lane < lead) sum += square(static_cast<float>(row[lane]));
  if (groups_end + lane < columns) sum += square(static_cast<float>(row[groups_end + lane]));
  return warp_sum(sum);
}

/// A lane adds about columns/32 squares of one sign, so a root lies below the row's norm by at most
/// half of (columns/32 + 16) roundings; some more are for the root, the product and sums over
/// tokens.
__device__ float root_from_above(float squares, int columns) {
  constexpr float kRoundoff = 0x1p-24f;
  return sqrtf(squares) * (1 + (columns / 64.f + 64) * kRoundoff);
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
template <class T>
__global__ void __launch_bounds__(kThreads) add_norms(TokenPairs pairs, float* partials) {
  await_launches_before();
  __shared__ float shared[2][kWarps];
  const std::int64_t sample = blockIdx.y;
  const int last = min(pairs.tokens, static_cast<int>(blockIdx.x + 1) * kTokens);
  float products = 0, gradients = 0;
  for (int t = blockIdx.x * kTokens + threadIdx.x / 32; t < last; t += kWarps) {
    const std::int64_t row = sample * pairs.tokens + t;
    const auto* g = static_cast<const T*>(pairs.g) + row * pairs.g_pitch;
    const float g_norm = root_from_above(row_squares(g, pairs.d), pairs.d);
    gradients += g_norm;
    if (pairs.a == nullptr) continue;
    const auto* a = static_cast<const T*>(pairs.a) + row * pairs.a_pitch;
    products += root_from_above(row_squares(a, pairs.p), pairs.p) * g_norm;
  }
  float* to = partials + sample * gridDim.x + blockIdx.x;
  write_partial(products, shared[0], to);
  write_partial(gradients, shared[1], to + std::int64_t{pairs.samples} * gridDim.x);
}

}  // namespace

std::int64_t token_norm_partials(const TokenPairs& pairs) {
  return (pairs.tokens + kTokens - 1) / kTokens;
}

void token_norms(const TokenPairs& pairs, float* partials, cudaStream_t stream) {
  const dim3 grid(static_cast<unsigned>(token_norm_partials(pairs)),
                  static_cast<unsigned>(pairs.samples));
  with_element(pairs.type, [&]<class T>(T) {
    start_early(add_norms<T>, {grid, kThreads}, stream, "launch of add_norms", pairs, partials);
  });
}

}  // namespace clipbench::kernels::cuda
