// Squared per-sample gradient norms of a linear layer p → d, weight and bias, in several ways.
//
//   a   [B,T,p]  activations, f32|f64|bf16|f16
//   g   [B,T,d]  output gradients, same dtype
//   out [B]      f64: out_b = ‖a_bᵀ g_b‖²_F, products accumulated in wide_dtype; not guarded
#pragma once

#include <ATen/core/Tensor.h>

#include <vector>

#include "kernels/token_norms.h"

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

/// As linear_sq_norms_tiled, of bf16 or f16 on a GPU in one launch: tiles are reduced on chip,
/// scratch at most 64 B a tile of 128 × 128 or more and sample (kernels/linear_on_cuda.h). On a CPU
/// in tiles of registers (kernels/linear_on_cpu.h). Elsewhere and for other dtypes it is
/// linear_sq_norms_tiled.
at::Tensor linear_sq_norms_width(const at::Tensor& a, const at::Tensor& g);

/// What a linear layer's backward keeps.
struct LinearOperands {
  at::Tensor a, g;
};

/// ⟨a_b a_bᵀ, g_b g_bᵀ⟩ from the lower triangle, no T×T matrix in memory. On a GPU in one launch,
/// both factors of a tile on chip, scratch 96 B a tile of [T,T] and sample at most; on a CPU in
/// tiles of registers, without scratch; elsewhere kNormTile × kNormTile blocks one after the other.
/// FLOPs about BT²(p+d); relative error about 5e-9·max(p,d) and, where a sample's products cancel,
/// κ² times as much: see linear_sq_norms_width.
at::Tensor linear_sq_norms_fused_gram(const at::Tensor& a, const at::Tensor& g);

struct GramNorms {
  at::Tensor sq_norms;    ///< [B]
  TokenNorms magnitudes;  ///< from the diagonals, or token_norms
};
GramNorms linear_norms_fused_gram(const at::Tensor& a, const at::Tensor& g);

/// Several layers of the same B and T, on Hopper in as few launches as possible, which fills the
/// device where one layer's tiles don't: [layers,B]. A layer's Gram norms have the bits they have
/// alone; others may be added in another order.
at::Tensor linear_sq_norms_width(at::ArrayRef<LinearOperands> layers);
at::Tensor linear_sq_norms_fused_gram(at::ArrayRef<LinearOperands> layers);

struct StoredGradients {
  at::Tensor gradients;  ///< [B,d,p] in the operands' dtype: g_bᵀ a_b rounded once
  at::Tensor sq_norms;   ///< [B] wide_dtype: of the rounded values
};

/// FLOPs 2BTpd; the norm is taken while the tile is on chip where there is a kernel for it,
/// elsewhere in a second pass.
StoredGradients linear_stored_gradients(const at::Tensor& a, const at::Tensor& g);
std::vector<StoredGradients> linear_stored_gradients(at::ArrayRef<LinearOperands> layers);

/// The bias' share: ‖Σ_t g_bt‖². Never the per-token sum of squares.
at::Tensor bias_sq_norms(const at::Tensor& g);

}  // namespace clipbench::kernels
