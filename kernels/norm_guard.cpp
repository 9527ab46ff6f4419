#include "kernels/norm_guard.h"

#include <cmath>

#include <ATen/Context.h>
#include <ATen/ops/linalg_vector_norm.h>
#include <ATen/ops/zeros.h>

#include "kernels/wide.h"

namespace clipbench::kernels {
namespace {

constexpr double kEta = 16;        // × u, of m² under the root
constexpr double kZeta = 4;        // × u, of m
constexpr double kReductions = 4;  // × u
constexpr double kBias = 1.0 / 8;  // × u a summed term

double epsilon(double u, std::int64_t length) {
  return (kReductions + kBias * static_cast<double>(length)) * u;
}

}  // namespace

void SqNorms::add(const SqNorms& other) {
  sq = sq.add(other.sq);
  safe_sq = safe_sq.add(other.safe_sq);
}

at::Tensor row_norms(const at::Tensor& x) {
  return at::linalg_vector_norm(x, 2, at::IntArrayRef{2}, false, wide_dtype(x.scalar_type()));
}

double sum_roundoff(at::ScalarType operands) {
  return wide_dtype(operands) == at::kDouble ? 0x1p-53 : 0x1p-24;
}

double sum_error(const at::Tensor& operands, std::int64_t length) {
  const double u = sum_roundoff(operands.scalar_type());
  return kEta * u + epsilon(u, length) + product_narrowing(operands);
}

double product_narrowing(const at::Tensor& operand) {
  const bool tf32 = operand.is_cuda() && operand.scalar_type() == at::kFloat &&
                    at::globalContext().allowTF32CuBLAS();
  return tf32 ? 0x1p-9 : 0;
}

double storage_narrowing(at::ScalarType dtype) {
  if (dtype == at::kBFloat16) return 0x1p-9;
  if (dtype == at::kHalf) return 0x1p-11;
  return 0;
}

SqNorms guard_gram(const at::Tensor& sq, const at::Tensor& magnitude, std::int64_t length,
                   const at::Tensor& operands) {
  const double u = sum_roundoff(operands.scalar_type());
  const double relative = 1 + epsilon(u, length) + product_narrowing(operands);
  auto safe_sq = magnitude.square().mul_(kEta * u).add_(sq.clamp_min(0)).mul_(relative * relative);
  return {sq, safe_sq, magnitude};
}

SqNorms guard_width(const at::Tensor& sq, const at::Tensor& magnitude, std::int64_t length,
                    const at::Tensor& operands, double narrowing) {
  const double u = sum_roundoff(operands.scalar_type());
  const double relative = 1 + epsilon(u, length) + narrowing;
  auto safe_sq = magnitude.mul(kZeta * u).add_(sq.sqrt()).mul_(relative).square_();
  return {sq, safe_sq, magnitude};
}

SqNorms guard_stored(const at::Tensor& sq, at::ScalarType wide) {
  return {sq, sq.mul(std::pow(1 + kReductions * sum_roundoff(wide), 2)), {}};
}

SqNorms guard_cross_term(const at::Tensor& product, const at::Tensor& m_g, const at::Tensor& m_h,
                         const at::Tensor& operands) {
  const double eta = kEta * sum_roundoff(operands.scalar_type()) + 2 * product_narrowing(operands);
  const auto sq = product.mul(2);
  return {sq, m_g.mul(m_h).mul_(2 * eta).add_(sq), {}};
}

}  // namespace clipbench::kernels
