#include "kernels/cuda/token_sums.h"

#include <algorithm>

#include "kernels/cuda/cuda_check.h"
#include "kernels/cuda/elements.cuh"

namespace clipbench::kernels::cuda {
namespace {

constexpr int kThreads = 256, kWarps = kThreads / 32;
constexpr int kGroup = 8;              // columns a thread
constexpr int kColumns = 32 * kGroup;  // of a block
constexpr int kTokens = 128;           // of a block, more where the chunks would be too many
constexpr int kMostChunks = 32;        // a sample's chunks are added by one block
constexpr int kBatch = 4;              // rows a warp has under way at once

struct Sums {
  float plain[kGroup] = {}, normalised[kGroup] = {};
};

/// Rows first, first + kWarps, … of the block's tokens: a warp's share.
template <bool kNormalised, class T>
__device__ void add_rows(Sums& sums, const TokenRows& rows, std::int64_t sample, int column,
                         int first, int last) {
  const auto* g = static_cast<const T*>(rows.g) + column;
  const auto* x = static_cast<const T*>(rows.x) + column;
  for (int token = first; token < last; token += kBatch * kWarps) {
    Raw<T, kGroup> raw_g[kBatch], raw_x[kBatch];
    float mean[kBatch] = {}, rstd[kBatch] = {};
#pragma unroll
    for (int k = 0; k < kBatch; ++k) {
      if (token + k * kWarps >= last) continue;
      const std::int64_t row = sample * rows.tokens + token + k * kWarps;
      raw_g[k].load(g + row * rows.columns);
      if constexpr (kNormalised) {
        raw_x[k].load(x + row * rows.columns);
        if (rows.mean != nullptr) mean[k] = __ldg(rows.mean + row);
        rstd[k] = __ldg(rows.rstd + row);
      }
    }
#pragma unroll
    for (int k = 0; k < kBatch; ++k) {
      float of_g[kGroup], of_x[kGroup];
      raw_g[k].unpack_to(of_g);
      if constexpr (kNormalised) raw_x[k].unpack_to(of_x);
#pragma unroll
      for (int i = 0; i < kGroup; ++i) {
        sums.plain[i] += of_g[i];
        if constexpr (kNormalised) sums.normalised[i] += of_g[i] * ((of_x[i] - mean[k]) * rstd[k]);
      }
    }
  }
}

/// Adds the warps' sums of a column, in order.
__device__ void combine(const float (&sums)[kGroup], float (*shared)[kColumns], float* to,
                        int columns) {
  const int warp = threadIdx.x / 32, lane = threadIdx.x % 32;
  __syncthreads();
#pragma unroll
  for (int i = 0; i < kGroup; ++i) shared[warp][lane * kGroup + i] = sums[i];
  __syncthreads();
  if (static_cast<int>(threadIdx.x) >= columns) return;
  float sum = 0;
#pragma unroll
  for (int w = 0; w < kWarps; ++w) sum += shared[w][threadIdx.x];
  to[threadIdx.x] = sum;
}

/// Block (columns / 256, chunk of `tokens`, sample). scratch: [normalised or plain, B, chunks, d].
template <bool kNormalised, class T>
__global__ void __launch_bounds__(kThreads) sum_chunks(TokenRows rows, int tokens, float* scratch) {
  __shared__ float shared[kWarps][kColumns];
  const int block_column = blockIdx.x * kColumns, chunk = blockIdx.y, chunks = gridDim.y;
  const int column = block_column + threadIdx.x % 32 * kGroup;
  const std::int64_t sample = blockIdx.z;
  Sums sums;
  if (column < rows.columns) {
    const int first = chunk * tokens + threadIdx.x / 32;
    add_rows<kNormalised, T>(sums, rows, sample, column, first,
                             min(rows.tokens, (chunk + 1) * tokens));
  }
  float* to = scratch + (sample * chunks + chunk) * rows.columns + block_column;
  const int columns = rows.columns - block_column;
  combine(sums.plain, shared, to, columns);
  if constexpr (kNormalised) {
    const std::int64_t all = std::int64_t{rows.samples} * chunks * rows.columns;
    combine(sums.normalised, shared, to + all, columns);
  }
}

/// out[c] = Σ of a sample's chunks; returns this thread's squares.
__device__ double add_chunks(const float* from, float* out, int chunks, int columns) {
  double squares = 0;
  for (int c = threadIdx.x; c < columns; c += blockDim.x) {
    float sum = 0;
#pragma unroll 8
    for (int k = 0; k < chunks; ++k) sum += from[static_cast<std::int64_t>(k) * columns + c];
    out[c] = sum;
    squares += static_cast<double>(sum) * sum;
  }
  return squares;
}

/// One block a sample.
__global__ void __launch_bounds__(1024) finish(const float* scratch, int chunks, int columns,
                                               float* plain, float* normalised, float* sq_norms) {
  const std::int64_t sample = blockIdx.x, samples = gridDim.x, one = std::int64_t{chunks} * columns;
  double squares = 0;
  if (plain != nullptr) {
    squares += add_chunks(scratch + sample * one, plain + sample * columns, chunks, columns);
  }
  if (normalised != nullptr) {
    squares += add_chunks(scratch + (samples + sample) * one, normalised + sample * columns, chunks,
                          columns);
  }
  for (int offset = 16; offset > 0; offset /= 2) {
    squares += __shfl_xor_sync(~0u, squares, offset);
  }
  __shared__ double of_warp[32];
  if (threadIdx.x % 32 == 0) of_warp[threadIdx.x / 32] = squares;
  __syncthreads();
  if (threadIdx.x != 0) return;
  for (int w = 1; w < 32; ++w) squares += of_warp[w];
  sq_norms[sample] = static_cast<float>(squares);
}

int divided_up(int n, int by) { return (n + by - 1) / by; }

int tokens_of_block(const TokenRows& rows) {
  return kTokens * std::max(1, divided_up(rows.tokens, kTokens * kMostChunks));
}

int chunks_of(const TokenRows& rows) { return divided_up(rows.tokens, tokens_of_block(rows)); }

template <class T>
void launch_chunks(const TokenRows& rows, float* scratch, cudaStream_t stream) {
  const dim3 grid(static_cast<unsigned>((rows.columns + kColumns - 1) / kColumns),
                  static_cast<unsigned>(chunks_of(rows)), static_cast<unsigned>(rows.samples));
  if (rows.x != nullptr) {
    sum_chunks<true, T><<<grid, kThreads, 0, stream>>>(rows, tokens_of_block(rows), scratch);
  } else {
    sum_chunks<false, T><<<grid, kThreads, 0, stream>>>(rows, tokens_of_block(rows), scratch);
  }
  cuda_check(cudaGetLastError(), "launch of sum_chunks");
}

}  // namespace

std::int64_t token_sums_scratch(const TokenRows& rows) {
  return std::int64_t{rows.samples} * chunks_of(rows) * rows.columns * (rows.x == nullptr ? 1 : 2);
}

void token_sums(const TokenRows& rows, float* scratch, float* plain, float* normalised,
                float* sq_norms, cudaStream_t stream) {
  with_element(rows.type, [&]<class T>(T) { launch_chunks<T>(rows, scratch, stream); });
  finish<<<static_cast<unsigned>(rows.samples), 1024, 0, stream>>>(
      scratch, chunks_of(rows), rows.columns, plain, normalised, sq_norms);
  cuda_check(cudaGetLastError(), "launch of finish");
}

}  // namespace clipbench::kernels::cuda
