#include "kernels/cuda/token_sums.h"

#include <algorithm>

#include "kernels/cuda/block.cuh"
#include "kernels/cuda/early_start.cuh"
#include "kernels/cuda/elements.cuh"

namespace clipbench::kernels::cuda {
namespace {

constexpr int kThreads = 256, kWarps = kThreads / 32;
constexpr int kGroup = 8;              // columns a thread
constexpr int kColumns = 32 * kGroup;  // of a block
constexpr int kTokens = 128;           // of a block, more where the chunks would be too many
constexpr int kMostChunks = 32;        // a sample's chunks are added by one block
constexpr int kFinishers = 1024;       // threads of that block
constexpr int kBatch = 4;              // rows a warp has under way at once

struct Sums {
  float plain[kGroup] = {}, normalised[kGroup] = {}, absolute[kGroup] = {};
};

enum class Form { plain, normalised, with_magnitude };  // each with what is before it

/// Rows first, first + kWarps, … of the block's tokens: a warp's share.
template <Form kForm, class T>
__device__ void add_rows(Sums& sums, const TokenRows& rows, std::int64_t sample, int column,
                         int first, int last) {
  constexpr bool kNormalised = kForm != Form::plain;
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
        if (rows.mean != nullptr) mean[k] = rows.mean[row];
        rstd[k] = rows.rstd[row];
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
        if constexpr (kNormalised) {
          const float term = of_g[i] * ((of_x[i] - mean[k]) * rstd[k]);
          sums.normalised[i] += term;
          if constexpr (kForm == Form::with_magnitude) {
            sums.absolute[i] += fabsf(term) + (rows.mean != nullptr ? fabsf(of_g[i]) : 0.f);
          }
        }
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

/// Block (columns / 256, chunk of `tokens`, sample). scratch: [sums of the form, B, chunks, d].
template <Form kForm, class T>
__global__ void __launch_bounds__(kThreads) sum_chunks(TokenRows rows, int tokens, float* scratch) {
  await_launches_before();
  __shared__ float shared[kWarps][kColumns];
  const int block_column = blockIdx.x * kColumns, chunk = blockIdx.y, chunks = gridDim.y;
  const int column = block_column + threadIdx.x % 32 * kGroup;
  const std::int64_t sample = blockIdx.z;
  Sums sums;
  if (column < rows.columns) {
    const int first = chunk * tokens + threadIdx.x / 32;
    add_rows<kForm, T>(sums, rows, sample, column, first, min(rows.tokens, (chunk + 1) * tokens));
  }
  float* to = scratch + (sample * chunks + chunk) * rows.columns + block_column;
  const int columns = rows.columns - block_column;
  combine(sums.plain, shared, to, columns);
  const std::int64_t all = std::int64_t{rows.samples} * chunks * rows.columns;
  if constexpr (kForm != Form::plain) combine(sums.normalised, shared, to + all, columns);
  if constexpr (kForm == Form::with_magnitude) {
    combine(sums.absolute, shared, to + 2 * all, columns);
  }
}

/// out[c] = Σ of a sample's chunks, if not null; returns this thread's squares.
__device__ double add_chunks(const float* from, float* out, int chunks, int columns) {
  double squares = 0;
  for (int c = threadIdx.x; c < columns; c += blockDim.x) {
    float sum = 0;
#pragma unroll 8
    for (int k = 0; k < chunks; ++k) sum += from[static_cast<std::int64_t>(k) * columns + c];
    if (out != nullptr) out[c] = sum;
    squares += static_cast<double>(sum) * sum;
  }
  return squares;
}

/// One block a sample. `from_above`: what makes magnitudes upper bounds.
__global__ void __launch_bounds__(kFinishers)
    finish(const float* scratch, int chunks, int columns, TokenSumsOut out, double from_above) {
  await_launches_before();
  const std::int64_t sample = blockIdx.x, samples = gridDim.x, one = std::int64_t{chunks} * columns;
  const float* plain = scratch + sample * one;
  const float* normalised = plain + samples * one;
  double squares = 0;
  if (out.plain != nullptr) {
    squares += add_chunks(plain, out.plain + sample * columns, chunks, columns);
  }
  if (out.normalised != nullptr) {
    squares += add_chunks(normalised, out.normalised + sample * columns, chunks, columns);
  }
  squares = block_sum<kFinishers / 32>(squares);
  if (threadIdx.x == 0) out.sq_norms[sample] = static_cast<float>(squares);
  if (out.magnitudes == nullptr) return;
  const double magnitude =
      block_sum<kFinishers / 32>(add_chunks(normalised + samples * one, nullptr, chunks, columns));
  if (threadIdx.x == 0) {
    out.magnitudes[sample] = static_cast<float>(sqrt(magnitude) * from_above);
  }
}

int divided_up(int n, int by) { return (n + by - 1) / by; }

int tokens_of_block(const TokenRows& rows) {
  return kTokens * std::max(1, divided_up(rows.tokens, kTokens * kMostChunks));
}

int chunks_of(const TokenRows& rows) { return divided_up(rows.tokens, tokens_of_block(rows)); }

Form form_of(const TokenRows& rows, const TokenSumsOut& out) {
  if (rows.x == nullptr) return Form::plain;
  return out.magnitudes == nullptr ? Form::normalised : Form::with_magnitude;
}

template <class T>
void launch_chunks(const TokenRows& rows, Form form, float* scratch, cudaStream_t stream) {
  const dim3 grid(static_cast<unsigned>((rows.columns + kColumns - 1) / kColumns),
                  static_cast<unsigned>(chunks_of(rows)), static_cast<unsigned>(rows.samples));
  const auto sum = form == Form::plain        ? sum_chunks<Form::plain, T>
                   : form == Form::normalised ? sum_chunks<Form::normalised, T>
                                              : sum_chunks<Form::with_magnitude, T>;
  start_early(sum, {grid, kThreads}, stream, "launch of sum_chunks", rows, tokens_of_block(rows),
              scratch);
}

/// A term is rounded a few times, and added to those of a warp's tokens, to the other warps' and to
/// the other chunks': as many roundings of sums of one sign.
double from_above(const TokenRows& rows) {
  constexpr double kRoundoff = 0x1p-24;
  return 1 + (tokens_of_block(rows) / kWarps + kWarps + kMostChunks + 16) * kRoundoff;
}

}  // namespace

std::int64_t token_sums_scratch(const TokenRows& rows, const TokenSumsOut& out) {
  return std::int64_t{rows.samples} * chunks_of(rows) * rows.columns *
         (static_cast<int>(form_of(rows, out)) + 1);
}

void token_sums(const TokenRows& rows, float* scratch, const TokenSumsOut& out,
                cudaStream_t stream) {
  const Form form = form_of(rows, out);
  with_element(rows.type, [&]<class T>(T) { launch_chunks<T>(rows, form, scratch, stream); });
  start_early(finish, {static_cast<unsigned>(rows.samples), kFinishers}, stream, "launch of finish",
              scratch, chunks_of(rows), rows.columns, out, from_above(rows));
}

}  // namespace clipbench::kernels::cuda
