// Per-sample norms and clipped sums of an embedding table [V,d].
//
//   ids [B,T]    int64, in [0, V)
//   g   [B,T,d]  output gradients
#pragma once

#include <ATen/core/Tensor.h>

#include "kernels/factors.h"

namespace clipbench::kernels {

/// out [B], wide_dtype or f64: rows of equal ids are added before the norm. Scratch one chunk of
/// T×d rows in wide_dtype; neither a T×T mask nor B·V·d. No synchronisation. f32, bf16 and f16 on
/// CUDA: g is read once in the order of sorted ids, scratch B·T·(16 + d/4) bytes; results repeat
/// bit for bit.
at::Tensor embedding_sq_norms(const at::Tensor& ids, const at::Tensor& g);

/// sum [rows,d] += Σ_b factors[b] · (gradient rows first_row … first_row + rows of sample b). `sum`
/// in wide_dtype; samples with factor 0 do not count. f32, bf16 and f16 on CUDA as above.
void embedding_clipped_sum_(at::Tensor& sum, const at::Tensor& ids, const at::Tensor& g,
                            const Factors& factors, std::int64_t first_row);

}  // namespace clipbench::kernels
