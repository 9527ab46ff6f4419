#include "kernels/norm_guard.h"

#include <algorithm>
#include <map>
#include <tuple>
#include <utility>

#include <ATen/Context.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/linalg_vector_norm.h>
#include <ATen/ops/stack.h>
#include <c10/cuda/CUDAGuard.h>
#include <c10/cuda/CUDAStream.h>

#include "kernels/cuda/guarded_norms.h"
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

/// Half a spacing, relative, of values stored in this dtype where it is narrower than wide_dtype,
/// else 0.
double storage_narrowing(at::ScalarType dtype) {
  if (dtype == at::kBFloat16) return 0x1p-8;
  if (dtype == at::kHalf) return 0x1p-11;
  return 0;
}

/// What a part's guard multiplies with; cuda::Guard says how.
struct Constants {
  double weight, relative;
};

Constants constants_of(const NormPart& part) {
  const double once = 1 + epsilon(part.roundoff, part.length) + part.narrowing;
  switch (part.kind) {
    case NormKind::gram:
      return {kEta * part.roundoff, once * once};
    case NormKind::width:
      return {kZeta * part.roundoff, once * once};
    case NormKind::cross:
      return {2 * (kEta * part.roundoff + 2 * part.narrowing), 1};
    case NormKind::stored:
      return {0, once * once};
  }
  TORCH_INTERNAL_ASSERT(false, "a kind without a guard");
}

at::Tensor stacked(const std::vector<const NormPart*>& parts, at::Tensor NormPart::*member) {
  std::vector<at::Tensor> rows;
  for (const auto* part : parts) rows.push_back(part->*member);
  return at::stack(rows).to(at::kDouble);  // [parts,B]
}

/// n_safe² [parts,B] of parts that differ in their values alone.
at::Tensor guard_alike(const std::vector<const NormPart*>& parts, const at::Tensor& sq) {
  const auto [weight, relative] = constants_of(*parts.front());
  const auto m = [&] { return stacked(parts, &NormPart::magnitude); };
  switch (parts.front()->kind) {
    case NormKind::gram:
      return m().square_().mul_(weight).add_(sq.clamp_min(0)).mul_(relative);
    case NormKind::width:
      return m().mul_(weight).add_(sq.sqrt()).square_().mul_(relative);
    case NormKind::cross:
      return m().mul_(weight).add_(sq);
    case NormKind::stored:
      return sq.mul(relative);
  }
  TORCH_INTERNAL_ASSERT(false, "a kind without a guard");
}

cuda::Guard guard_of(NormKind kind) {
  switch (kind) {
    case NormKind::gram:
      return cuda::Guard::gram;
    case NormKind::width:
      return cuda::Guard::width;
    case NormKind::cross:
      return cuda::Guard::cross;
    case NormKind::stored:
      return cuda::Guard::stored;
  }
  TORCH_INTERNAL_ASSERT(false, "a kind without a guard");
}

cuda::SampleValues values_of(const at::Tensor& t) {
  if (!t.defined()) return {};
  return {t.const_data_ptr(), t.scalar_type() == at::kDouble};
}

bool is_taken(const at::Tensor& t, const at::Tensor& first) {
  return t.is_cuda() && t.device() == first.device() && t.is_contiguous() &&
         t.sizes() == first.sizes() &&
         (t.scalar_type() == at::kFloat || t.scalar_type() == at::kDouble);
}

bool are_taken(const std::vector<NormPart>& parts) {
  const auto& first = parts.front().sq;
  return first.dim() == 1 && std::all_of(parts.begin(), parts.end(), [&](const NormPart& part) {
           return is_taken(part.sq, first) &&
                  (!part.magnitude.defined() || is_taken(part.magnitude, first));
         });
}

SqNorms guard_on_cuda(const std::vector<NormPart>& parts) {
  const auto& like = parts.front().sq;
  const c10::cuda::CUDAGuard guard(like.device());
  std::vector<cuda::GuardedPart> views;
  for (const auto& part : parts) {
    const auto [weight, relative] = constants_of(part);
    views.push_back({.sq = values_of(part.sq),
                     .magnitude = values_of(part.magnitude),
                     .weight = weight,
                     .relative = relative,
                     .guard = guard_of(part.kind)});
  }
  const auto sums = at::empty({2, like.numel()}, like.options().dtype(at::kDouble));
  SqNorms out{sums[0], sums[1]};
  cuda::guarded_norms(views, static_cast<int>(like.numel()), out.sq.mutable_data_ptr<double>(),
                      out.safe_sq.mutable_data_ptr<double>(), c10::cuda::getCurrentCUDAStream());
  return out;
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
  if (are_taken(parts)) return guard_on_cuda(parts);
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
