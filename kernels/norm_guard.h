// Upper bounds for computed per-sample norms. A norm that is too small breaks the sensitivity
// bound, and rounding makes norms too small: tensor cores truncate, and a Gram's squared norm can
// even come out negative. Clipping therefore uses n_safe ≥ ‖g_b‖, with u the unit roundoff of
// wide_dtype and
//
//   m_b = Σ_t ‖a_t‖‖g_t‖ ≥ ‖|A|ᵀ|G|‖_F
//
//   Gram      n_safe = (1+ε)·√(max(n̂², 0) + η·m²)
//     n̂² = Σ_st A_st G_st, and each factor carries an error of a few u·‖a_s‖‖a_t‖ (blocked sums of
//     length K round like √(K/64)·u), so |Δn̂²| ≤ η Σ_st ‖a_s‖‖a_t‖‖g_s‖‖g_t‖ = η·m².      η = 16u
//   width     n_safe = (1+ε)·(n̂ + ζ·m)
//     every element of AᵀG is off by at most a few u of the same element of |A|ᵀ|G|.          ζ =
//     4u
//   stored    n_safe = (1+ε)·n̂: what is summed is the very tile that was squared.
//
//   ε = 4u + K·u/8: reductions, and the bias of truncating accumulators, which is linear in the
//   summed length K (about 5e-9·K in f32 on an H200); plus what operands or a stored tile lose
//   before they are squared (`narrowing`).
#pragma once

#include <ATen/core/Tensor.h>

namespace clipbench::kernels {

/// Per-sample squared norms of one parameter's or layer's gradient, f64 [B] each.
struct SqNorms {
  at::Tensor sq;       ///< n̂², before the guard; where terms cancel it can be a little negative
  at::Tensor safe_sq;  ///< n_safe²
  at::Tensor magnitude;  ///< m; undefined for stored tiles

  /// The squared norms of another part of the same gradient.
  void add(const SqNorms& other);
};

/// ‖x_bt‖ [B,T] of x [B,T,d], wide_dtype.
at::Tensor row_norms(const at::Tensor& x);

/// Unit roundoff of what products of these operands are summed in: 2⁻⁵³ for f64, else 2⁻²⁴.
double sum_roundoff(at::ScalarType operands);
/// Bound of the error of sums of `length` products, relative to the magnitude that they have in
/// absolute values: 16u and the truncation of tensor cores.
double sum_error(const at::Tensor& operands, std::int64_t length);
/// Relative error that products of these operands may carry beyond their accumulation: TF32
/// truncates both factors to 10 bits, so 2⁻⁹; else 0.
double product_narrowing(const at::Tensor& operand);
/// Unit roundoff of values that are stored in this dtype where it is narrower than wide_dtype, else
/// 0.
double storage_narrowing(at::ScalarType);

/// sq, magnitude [B]; `length`: of the sums behind sq; `operands` in dtype and device.
SqNorms guard_gram(const at::Tensor& sq, const at::Tensor& magnitude, std::int64_t length,
                   const at::Tensor& operands);
SqNorms guard_width(const at::Tensor& sq, const at::Tensor& magnitude, std::int64_t length,
                    const at::Tensor& operands, double narrowing);
SqNorms guard_stored(const at::Tensor& sq, at::ScalarType wide);
/// 2⟨G, H⟩ of two uses of one parameter, to be added to the norms of both; |Δ⟨G, H⟩| ≤ η·m_g·m_h.
SqNorms guard_cross_term(const at::Tensor& product, const at::Tensor& m_g, const at::Tensor& m_h,
                         const at::Tensor& operands);

}  // namespace clipbench::kernels
