// Per-sample gradients of a layer norm's or RMS norm's weight and bias.
#pragma once

#include <ATen/core/Tensor.h>

namespace clipbench::kernels {

struct LayerNormGradients {
  at::Tensor weight;    ///< [B,d] wide_dtype: Σ_t g · (x − mean) · rstd
  at::Tensor bias;      ///< [B,d] wide_dtype: Σ_t g; undefined for RMS norm
  at::Tensor sq_norms;  ///< [B] wide_dtype: ‖weight‖² + ‖bias‖²
  /// [B] f32|f64, where asked for: m of the guard (norm_guard.h), at least √(m_w² + m_b²) with m_w
  /// and m_b the norms of Σ_t |g · (x − mean) · rstd| and Σ_t |g|.
  at::Tensor magnitude;
};

/// x, g [B,T,d]; rstd and mean B·T values, as native_layer_norm returns them. An undefined mean is
/// an RMS norm's: 0, and no bias. f32, bf16 and f16 on CUDA: one pass over x and g; elsewhere
/// chunks of samples.
LayerNormGradients layer_norm_sample_gradients(const at::Tensor& x, const at::Tensor& mean,
                                               const at::Tensor& rstd, const at::Tensor& g,
                                               bool magnitude = false);

struct TokenSums {
  at::Tensor sums;      ///< [B,d] wide_dtype: Σ_t g, a bias' per-sample gradient
  at::Tensor sq_norms;  ///< [B] wide_dtype
};

/// g [B,T,d], read once.
TokenSums token_sums(const at::Tensor& g);

}  // namespace clipbench::kernels
