// Gradients of an embedding table, rows of equal ids merged: tokens are visited in the order of
// their ids.
#pragma once

#include <cuda_runtime_api.h>

#include <cstdint>

#include "kernels/cuda/element_type.h"

namespace clipbench::kernels::cuda {

/// Lists of tokens, each sorted by id (ids ≥ 0).
///   ids    [lists,n]  int64, ascending in each list
///   order  [lists,n]  int64, the tokens they come from: rows of the list's g
///   g      [lists,n,d] f32|bf16|f16, contiguous, d a multiple of 8
struct SortedTokens {
  const std::int64_t* ids;
  const std::int64_t* order;
  const void* g;
  Element type;
  int lists;
  std::int64_t tokens;
  int columns;
};

/// Floats of scratch for either function: pieces of runs that cross a window of 32 positions.
std::int64_t embedding_pieces(const SortedTokens& tokens);

/// Partial sums of a list in embedding_sq_norms.
std::int64_t embedding_partials(const SortedTokens& tokens);

/// partials [lists, embedding_partials] f32, whose sum over a list is Σ_ids ‖Σ_{t: id_t = id}
/// g_t‖². Bytes: g once, and 4d/32 a token for pieces. No atomics.
void embedding_sq_norms(const SortedTokens& tokens, float* pieces, float* partials,
                        cudaStream_t stream);

/// sum [rows,d] f32, on 16 bytes: row id − first_row += Σ_{t: id_t = id} factors[t /
/// tokens_per_sample] · g_t for the ids that are there, one list. Each row is added to once, so
/// results repeat bit for bit. Tokens with factor 0 are not read.
void embedding_sum(const SortedTokens& tokens, const float* factors, std::int64_t tokens_per_sample,
                   float* pieces, float* sum, std::int64_t first_row, std::int64_t rows,
                   cudaStream_t stream);

}  // namespace clipbench::kernels::cuda
