#include "kernels/norm_guard.h"

#include <map>
#include <tuple>
#include <utility>

#include <ATen/Context.h>
#include <ATen/ops/linalg_vector_norm.h>
#include <ATen/ops/stack.h>

#include "kernels/wide.h"

namespace clipbench::kernels {
namespace {

constexpr double kEta = 16;        // × u, of m² under the root
constexpr double kZeta = 4;        // × u, of m
constexpr double kReductions = 4;  // × u
constexpr double kBias = 1.0 / 4;  // × u a summed term

double epsilon(double u, std::int64_t length) {
  return (kReductions + kBias * static_cast<double>(length)) * u;
}

/// Unit roundoff of values stored in this dtype where it is narrower than wide_dtype, else 0.
double storage_narrowing(at::ScalarType dtype) {
  if (dtype == at::kBFloat16) return 0x1p-9;
  if (dtype == at::kHalf) return 0x1p-11;
  return 0;
}

at::Tensor stacked(const std::vector<const NormPart*>& parts, at::Tensor NormPart::*member) {
  std::vector<at::Tensor> rows;
  for (const auto* part : parts) rows.push_back(part->*member);
  return at::stack(rows).to(at::kDouble);  // [parts,B]
}

/// n_safe² [parts,B] of parts that differ in their values alone.
at::Tensor guard_alike(const std::vector<const NormPart*>& parts, const at::Tensor& sq) {
  const auto u = parts.front()->roundoff, narrowing = parts.front()->narrowing;
  const double relative = 1 + epsilon(u, parts.front()->length) + narrowing;
  switch (parts.front()->kind) {
    case NormKind::gram: {
      const auto m = stacked(parts, &NormPart::magnitude);
      return m.square().mul_(kEta * u).add_(sq.clamp_min(0)).mul_(relative * relative);
    }
    case NormKind::width: {
      const auto m = stacked(parts, &NormPart::magnitude);
      return m.mul(kZeta * u).add_(sq.sqrt()).mul_(relative).square_();
    }
    case NormKind::cross:
      return stacked(parts, &NormPart::magnitude).mul_(2 * (kEta * u + 2 * narrowing)).add_(sq);
    case NormKind::stored:
      return sq.mul(relative * relative);
  }
  TORCH_INTERNAL_ASSERT(false, "a kind without a guard");
}

}  // namespace

NormPart gram_part(at::Tensor sq, at::Tensor magnitude, const at::Tensor& a, const at::Tensor& g) {
  return {NormKind::gram,       std::move(sq),
          std::move(magnitude), sum_roundoff(a.scalar_type()),
          product_narrowing(a), a.size(1) + a.size(2) + g.size(2)};
}

NormPart width_part(at::Tensor sq, at::Tensor magnitude, const at::Tensor& operands, bool rounded) {
  const double rounding = rounded ? storage_narrowing(operands.scalar_type()) : 0;
  return {NormKind::width,
          std::move(sq),
          std::move(magnitude),
          sum_roundoff(operands.scalar_type()),
          product_narrowing(operands) + rounding,
          operands.size(1)};
}

NormPart stored_part(at::Tensor sq, at::ScalarType gradients) {
  return {NormKind::stored, std::move(sq), {}, sum_roundoff(gradients)};
}

NormPart cross_part(const at::Tensor& product, const at::Tensor& m_g, const at::Tensor& m_h,
                    const at::Tensor& operands) {
  return {NormKind::cross, product.mul(2), m_g.mul(m_h), sum_roundoff(operands.scalar_type()),
          product_narrowing(operands)};
}

SqNorms guard(const std::vector<NormPart>& parts) {
  SqNorms out;
  const auto add = [](at::Tensor& to, const at::Tensor& rows) {
    to = to.defined() ? to.add_(rows.sum(0)) : rows.sum(0);
  };
  std::map<std::tuple<NormKind, double, double, std::int64_t>, std::vector<const NormPart*>> alike;
  for (const auto& part : parts) {
    alike[{part.kind, part.roundoff, part.narrowing, part.length}].push_back(&part);
  }
  for (const auto& [constants, same] : alike) {
    const auto sq = stacked(same, &NormPart::sq);
    add(out.sq, sq);
    add(out.safe_sq, guard_alike(same, sq));
  }
  return out;
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

}  // namespace clipbench::kernels
