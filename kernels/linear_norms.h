// Squared per-sample gradient norms of a linear layer p → d, weight and bias, in four ways.
//
//   a   [B,T,p]  activations, f32|f64|bf16|f16
//   g   [B,T,d]  output gradients, same dtype
//   out [B]      f64: out_b = ‖a_bᵀ g_b‖²_F, products accumulated in wide_dtype; not guarded
#pragma once

#include <ATen/core/Tensor.h>

namespace clipbench::kernels {

/// ⟨a_b a_bᵀ, g_b g_bᵀ⟩. FLOPs 2BT²(p+d); scratch two T×T matrices a sample in wide_dtype.
at::Tensor linear_sq_norms_gram(const at::Tensor& a, const at::Tensor& g);

/// The per-sample gradients [B,d,p] of this layer are formed, in the operands' dtype. FLOPs 2BTpd;
/// scratch B·p·d.
at::Tensor linear_sq_norms_materialise(const at::Tensor& a, const at::Tensor& g);

/// Edge of a tile of linear_sq_norms_tiled.
inline constexpr std::int64_t kNormTile = 512;

/// kNormTile × kNormTile tiles of a_bᵀ g_b, each squared and dropped before the next. FLOPs 2BTpd;
/// scratch B tiles in wide_dtype, whatever T, p and d.
at::Tensor linear_sq_norms_tiled(const at::Tensor& a, const at::Tensor& g);

/// The bias' share: ‖Σ_t g_bt‖². Never the per-token sum of squares.
at::Tensor bias_sq_norms(const at::Tensor& g);

}  // namespace clipbench::kernels
