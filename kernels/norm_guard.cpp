#include "kernels/norm_guard.h"

#include <algorithm>
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
constexpr double kBias = 1.0 / 8;  // × u a summed term

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

/// n_safe² of parts of one kind, [parts,B]; constants are the largest of them.
at::Tensor guard_kind(const std::vector<const NormPart*>& parts, const at::Tensor& sq) {
  double u = 0, narrowing = 0;
  std::int64_t length = 0;
  for (const auto* part : parts) {
    u = std::max(u, part->roundoff);
    narrowing = std::max(narrowing, part->narrowing);
    length = std::max(length, part->length);
  }
  const double relative = 1 + epsilon(u, length) + narrowing;
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
  for (const auto kind : {NormKind::gram, NormKind::width, NormKind::stored, NormKind::cross}) {
    std::vector<const NormPart*> same;
    for (const auto& part : parts) {
      if (part.kind == kind) same.push_back(&part);
    }
    if (same.empty()) continue;
    const auto sq = stacked(same, &NormPart::sq);
    add(out.sq, sq);
    add(out.safe_sq, guard_kind(same, sq));
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
