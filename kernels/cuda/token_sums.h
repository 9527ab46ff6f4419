// Per-sample gradients of parameters that act on each column alone: sums over a sample's tokens,
// and their norms. Biases, layer norm, RMS norm.
#pragma once

#include <cuda_runtime_api.h>

#include <cstdint>

#include "kernels/cuda/element_type.h"

namespace clipbench::kernels::cuda {

/// What is summed: Σ_t g, and with `x` also Σ_t g · (x − mean) · rstd.
///   g, x        [B,T,d]  f32|bf16|f16, contiguous, 16-byte rows: d a multiple of 8
///   mean, rstd  [B,T]    f32; mean nullptr: 0, as in RMS norm
struct TokenRows {
  const void* g;
  const void* x;
  const float* mean;
  const float* rstd;
  Element type;
  int samples, tokens, columns;
};

/// Where the sums go, f32. Null ones are not formed: `normalised` without x, `plain` of an RMS
/// norm, which has no bias.
struct TokenSumsOut {
  float* plain;       ///< [B,d] Σ_t g
  float* normalised;  ///< [B,d] Σ_t g · (x − mean) · rstd
  float* sq_norms;    ///< [B] Σ of squares of both
  /// [B], with x alone: the norm over columns of Σ_t of |terms| of both sums together, rounded up:
  /// what rounding of the sums is relative to.
  float* magnitudes = nullptr;
};

/// Floats of scratch: the sums of every 128 tokens.
std::int64_t token_sums_scratch(const TokenRows& rows, const TokenSumsOut& out);

/// One pass over g and x; no atomics.
void token_sums(const TokenRows& rows, float* scratch, const TokenSumsOut& out,
                cudaStream_t stream);

}  // namespace clipbench::kernels::cuda
