#include "kernels/cuda/embedding_rows.h"

#include "kernels/cuda/cuda_check.h"
#include "kernels/cuda/elements.cuh"

namespace clipbench::kernels::cuda {
namespace {

constexpr int kWarps = 4, kThreads = 32 * kWarps;
constexpr int kGroup = 8, kColumns = 32 * kGroup;  // of a thread, of a warp
constexpr int kWindow = 32;                        // positions at which a warp's runs start
constexpr int kBatch = 8;                          // rows under way at once

/// 32 positions of a list from `at` on, one a lane.
struct Window {
  int count;        // positions inside the list
  unsigned starts;  // bit i: a run of equal ids starts at position i
  std::int64_t id, token;

  __device__ Window(const SortedTokens& tokens, std::int64_t list, std::int64_t at) {
    const std::int64_t left = tokens.tokens - at, t = at + threadIdx.x % 32;
    const std::int64_t* ids = tokens.ids + list * tokens.tokens;
    const bool inside = t < tokens.tokens;
    count = static_cast<int>(left < kWindow ? left : kWindow);
    id = inside ? ids[t] : -1;
    token = inside ? tokens.order[list * tokens.tokens + t] : 0;
    const std::int64_t before = inside && t > 0 ? ids[t - 1] : -1;
    starts = __ballot_sync(~0u, inside && id != before);
  }
};

/// Adds rows [begin, end) of a window to acc; visit(id) at the end of each run that a later one
/// follows.
template <class T, class Weight, class Visit>
__device__ void add_window(const SortedTokens& tokens, const T* g, const Window& window, int begin,
                           int end, unsigned starts, std::int64_t& run, float (&acc)[kGroup],
                           const Weight& weight_of, const Visit& visit) {
  for (int first = begin; first < end; first += kBatch) {
    Raw<T, kGroup> raw[kBatch];
    float weights[kBatch];
#pragma unroll
    for (int k = 0; k < kBatch; ++k) {
      const std::int64_t token = __shfl_sync(~0u, window.token, (first + k) % kWindow);
      weights[k] = first + k < end ? weight_of(token) : 0.f;
      if (weights[k] != 0.f && g != nullptr) raw[k].load(g + token * tokens.columns);
    }
#pragma unroll
    for (int k = 0; k < kBatch; ++k) {
      const std::int64_t id = __shfl_sync(~0u, window.id, (first + k) % kWindow);
      if (first + k < end && (starts >> (first + k)) % 2) {
        if (run >= 0) visit(run, acc);
        run = id;
      }
      float values[kGroup];
      raw[k].unpack_to(values);
#pragma unroll
      for (int i = 0; i < kGroup; ++i) acc[i] += weights[k] * values[i];
    }
  }
}

/// A warp sums the runs that start in its 32 positions, to their ends. visit(id, acc) takes and
/// clears.
template <class T, class Weight, class Visit>
__device__ void for_runs(const SortedTokens& tokens, std::int64_t list, std::int64_t at, int column,
                         const Weight& weight_of, const Visit& visit) {
  if (at >= tokens.tokens) return;
  const T* g = column < tokens.columns ? static_cast<const T*>(tokens.g) +
                                             list * tokens.tokens * tokens.columns + column
                                       : nullptr;
  const Window own(tokens, list, at);
  if (own.starts == 0) return;
  float acc[kGroup] = {};
  std::int64_t run = -1;
  add_window(tokens, g, own, __ffs(own.starts) - 1, own.count, own.starts, run, acc, weight_of,
             visit);
  for (at += kWindow; at < tokens.tokens; at += kWindow) {  // the last run may go on
    const Window next(tokens, list, at);
    const int end = next.starts == 0 ? next.count : __ffs(next.starts) - 1;
    add_window(tokens, g, next, 0, end, 0u, run, acc, weight_of, visit);
    if (end < kWindow) break;
  }
  visit(run, acc);
}

/// Block (positions / 128, columns / 256, list).
template <class T>
__global__ void __launch_bounds__(kThreads) sum_squares(SortedTokens tokens, float* partials) {
  const int warp = threadIdx.x / 32, column = blockIdx.y * kColumns + threadIdx.x % 32 * kGroup;
  const std::int64_t at = (std::int64_t{blockIdx.x} * kWarps + warp) * kWindow, list = blockIdx.z;
  float squares = 0;
  for_runs<T>(
      tokens, list, at, column, [](std::int64_t) { return 1.f; },
      [&](std::int64_t, float(&acc)[kGroup]) {
#pragma unroll
        for (int i = 0; i < kGroup; ++i) squares += acc[i] * acc[i], acc[i] = 0;
      });
  for (int offset = 16; offset > 0; offset /= 2) squares += __shfl_xor_sync(~0u, squares, offset);
  const std::int64_t warps = std::int64_t{gridDim.x} * gridDim.y * kWarps;
  const std::int64_t slot = (std::int64_t{blockIdx.y} * gridDim.x + blockIdx.x) * kWarps + warp;
  if (threadIdx.x % 32 == 0) partials[list * warps + slot] = squares;
}

template <class T>
__global__ void __launch_bounds__(kThreads)
    add_rows(SortedTokens tokens, const float* factors, std::int64_t tokens_per_sample, float* sum,
             std::int64_t first_row, std::int64_t rows) {
  const int warp = threadIdx.x / 32, column = blockIdx.y * kColumns + threadIdx.x % 32 * kGroup;
  const std::int64_t at = (std::int64_t{blockIdx.x} * kWarps + warp) * kWindow;
  for_runs<T>(
      tokens, 0, at, column,
      [&](std::int64_t token) { return __ldg(factors + token / tokens_per_sample); },
      [&](std::int64_t id, float(&acc)[kGroup]) {
        const std::int64_t row = id - first_row;
        const bool inside = row >= 0 && row < rows && column < tokens.columns;
        float* to = sum + row * tokens.columns + column;
#pragma unroll
        for (int i = 0; i < kGroup; ++i) {
          if (inside) to[i] += acc[i];
          acc[i] = 0;
        }
      });
}

dim3 grid_of(const SortedTokens& tokens) {
  constexpr int kPositions = kWarps * kWindow;
  return dim3(static_cast<unsigned>((tokens.tokens + kPositions - 1) / kPositions),
              static_cast<unsigned>((tokens.columns + kColumns - 1) / kColumns),
              static_cast<unsigned>(tokens.lists));
}

}  // namespace

std::int64_t embedding_partials(const SortedTokens& tokens) {
  const dim3 grid = grid_of(tokens);
  return std::int64_t{grid.x} * grid.y * kWarps;
}

void embedding_sq_norms(const SortedTokens& tokens, float* partials, cudaStream_t stream) {
  if (tokens.type == Element::bf16) {
    sum_squares<bf16><<<grid_of(tokens), kThreads, 0, stream>>>(tokens, partials);
  } else {
    sum_squares<float><<<grid_of(tokens), kThreads, 0, stream>>>(tokens, partials);
  }
  cuda_check(cudaGetLastError(), "launch of sum_squares");
}

void embedding_sum(const SortedTokens& tokens, const float* factors, std::int64_t tokens_per_sample,
                   float* sum, std::int64_t first_row, std::int64_t rows, cudaStream_t stream) {
  if (tokens.type == Element::bf16) {
    add_rows<bf16><<<grid_of(tokens), kThreads, 0, stream>>>(tokens, factors, tokens_per_sample,
                                                             sum, first_row, rows);
  } else {
    add_rows<float><<<grid_of(tokens), kThreads, 0, stream>>>(tokens, factors, tokens_per_sample,
                                                              sum, first_row, rows);
  }
  cuda_check(cudaGetLastError(), "launch of add_rows");
}

}  // namespace clipbench::kernels::cuda
