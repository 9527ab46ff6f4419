// What rounding of a linear layer's per-sample gradient is relative to: token by token, the norms
// of the rows that are multiplied.
#pragma once

#include <cuda_runtime_api.h>

#include <cstdint>

#include "kernels/cuda/element_type.h"

namespace clipbench::kernels::cuda {

/// Rows of token t of sample b start at (b·T + t)·pitch elements.
///   a [B,T,p], g [B,T,d]  f32|bf16|f16; `a` may be null
struct TokenPairs {
  const void* a;
  const void* g;
  Element type;
  int samples, tokens, p, d;
  std::int64_t a_pitch, g_pitch;
};

/// Partial sums a sample.
std::int64_t token_norm_partials(const TokenPairs& pairs);

/// partials [2,B,token_norm_partials] f32, whose sums over a sample are upper bounds, tight to some
/// 1e-6, of Σ_t ‖a_t‖‖g_t‖ (0 without a) and Σ_t ‖g_t‖, f32 additions of the partials included.
/// Reads a and g once, 16 bytes an access wherever rows start; no atomics.
void token_norms(const TokenPairs& pairs, float* partials, cudaStream_t stream);

}  // namespace clipbench::kernels::cuda
