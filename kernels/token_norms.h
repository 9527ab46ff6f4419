// Sums over a sample's tokens of the norms of their rows: m of the guard (norm_guard.h).
#pragma once

#include <ATen/core/Tensor.h>

namespace clipbench::kernels {

/// [B] each, f32|f64; on CUDA not below the exact sums.
struct TokenNorms {
  at::Tensor products;   ///< Σ_t ‖a_t‖‖g_t‖: a weight's m
  at::Tensor gradients;  ///< Σ_t ‖g_t‖: a bias' m
};

/// a [B,T,p], g [B,T,d] of any dtype. f32, bf16 and f16 on CUDA: both are read once, scratch
/// B·T/2 bytes; elsewhere by row_norms.
TokenNorms token_norms(const at::Tensor& a, const at::Tensor& g);

/// Σ_t ‖g_t‖ alone.
at::Tensor sum_of_row_norms(const at::Tensor& g);

}  // namespace clipbench::kernels
