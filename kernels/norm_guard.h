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

#include <vector>

#include <ATen/core/Tensor.h>

namespace clipbench::kernels {

/// How a squared norm was found decides what rounding may hide in it. `cross` is 2⟨G, H⟩ of two
/// uses of one parameter, whose magnitude is m_G·m_H; it is signed.
enum class NormKind { gram, width, stored, cross };

/// The squared norms of one part of B samples' gradients.
struct NormPart {
  NormKind kind;
  at::Tensor sq;            ///< [B] f32|f64, as computed; a Gram's can be a little negative
  at::Tensor magnitude;     ///< [B] f32|f64, m; undefined for `stored`
  double roundoff;          ///< u of the sums behind sq
  double narrowing = 0;     ///< relative, of products or tiles before they were squared
  std::int64_t length = 0;  ///< K of those sums
};

NormPart gram_part(at::Tensor sq, at::Tensor magnitude, const at::Tensor& a, const at::Tensor& g);
/// `rounded`: the tile was rounded to the operands' dtype before it was squared, but is not what is
/// summed.
NormPart width_part(at::Tensor sq, at::Tensor magnitude, const at::Tensor& operands,
                    bool rounded = false);
NormPart stored_part(at::Tensor sq, at::ScalarType gradients);
NormPart cross_part(const at::Tensor& product, const at::Tensor& m_g, const at::Tensor& m_h,
                    const at::Tensor& operands);

/// f64 [B]: sums over parts.
struct SqNorms {
  at::Tensor sq;       ///< before the guard
  at::Tensor safe_sq;  ///< n_safe²
};

/// At least one part. One launch for every 512 parts on CUDA, a few a kind of part elsewhere.
SqNorms guard(const std::vector<NormPart>&);

/// ‖x_bt‖ [B,T] of x [B,T,d], wide_dtype.
at::Tensor row_norms(const at::Tensor& x);

/// Unit roundoff of what products of these operands are summed in: 2⁻⁵³ for f64, else 2⁻²⁴.
double sum_roundoff(at::ScalarType operands);
/// Bound of the error of sums of `length` products, relative to the magnitude that they have in
/// absolute values: 16u and the truncation of tensor cores.
double sum_error(const at::Tensor& operands, std::int64_t length);
/// Relative error that products of these operands may carry beyond their accumulation: TF32
/// keeps 10 bits of both factors, so 2⁻⁹; else 0.
double product_narrowing(const at::Tensor& operand);

}  // namespace clipbench::kernels
