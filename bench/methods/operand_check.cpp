#include "bench/methods/operand_check.h"

#include <algorithm>
#include <cmath>

#include <ATen/ops/where.h>
#include <ATen/ops/zeros_like.h>

#include "bench/methods/checking_sink.h"
#include "bench/methods/finding.h"

namespace clipbench::bench {
namespace {

// A random projection of an error of given Frobenius norm exceeds ten times that norm once in 10⁵.
constexpr double kProjectionErrors = 10;

/// [layers,B]: what every layer's gradients are multiplied with in the sum, rounded as they were.
Tensor sum_weights(const Gradients& gradients, const Clipping& clipping, std::int64_t layers,
                   at::ScalarType sum_dtype) {
  auto c = gradients.factors;
  if (clipping.reweighted) c = c.ne(0).to(at::kDouble);
  if (c.dim() == 1) c = c.unsqueeze(0).expand({layers, c.size(0)});
  const auto flat = kernels::make_factors(c.flatten(), /*expected_batch=*/1, sum_dtype);
  return flat.device.to(at::kCPU, at::kDouble).view(c.sizes());
}

/// The norms of layers that are one clip group: [B], or [groups,B] as they are.
Tensor norms_of_groups(const Tensor& sq, bool by_layer) {
  return by_layer ? sq.sqrt() : sq.sum(0).sqrt_();
}

/// values / reference − 1, and 0 where the reference is 0 or either is not finite.
Tensor relative_excess(const Tensor& values, const Tensor& reference) {
  const auto excess = values.div(reference).sub_(1);
  const auto usable = reference.gt(0).logical_and(excess.isfinite());
  return at::where(usable, excess, at::zeros_like(excess));
}

/// Σ weights·values over samples; one of weight 0 does not count, whatever its operands hold.
Tensor weighted_sum(const Tensor& values, const Tensor& weights) {
  return values.mul(weights).masked_fill_(weights.eq(0), 0).sum(-1);
}

double largest(const Tensor& values) { return values.abs().max().item<double>(); }

/// From the layers' norms to the groups' and on to the factors. Returns what does not hold.
std::string check_factors(const Gradients& gradients, const Tensor& exact_sq, const Tensor& safe_sq,
                          const Clipping& clipping, OperandReport& out) {
  const auto norms = gradients.norms.to(at::kCPU);
  const bool by_layer = norms.dim() == 2;
  const auto excess = relative_excess(norms, norms_of_groups(exact_sq, by_layer));
  out.most_over_clipped = excess.max().item<double>();
  const double below = -excess.min().item<double>();
  const double off_layers = largest(relative_excess(norms, norms_of_groups(safe_sq, by_layer)));
  const auto groups = by_layer ? static_cast<double>(norms.size(0)) : 1.0;
  const auto expected = clipping.clip(norms, clipping.clip_norm / std::sqrt(groups));
  const auto difference = gradients.factors.to(at::kCPU).sub(expected).abs_();
  out.factor_error = largest(difference.div_(expected.clamp_min(1e-300)));
  if (!(below <= 1e-12)) return finding("a guarded norm lies %.1e below its operands'", below);
  if (!(off_layers <= 1e-12)) return finding("a norm differs from its layers' by %.1e", off_layers);
  if (!(out.factor_error <= 1e-12)) {
    return finding("a factor differs from the clip function's by %.1e", out.factor_error);
  }
  return "";
}

}  // namespace

OperandCheck::OperandCheck(const Model& model, std::int64_t samples)
    : model_(model), evidence_(model, samples) {}

Sink& OperandCheck::wrap(Sink& sink) {
  sinks_.push_back(std::make_unique<CheckingSink>(sink, evidence_));
  return *sinks_.back();
}

OperandReport OperandCheck::report(const Gradients& gradients, const Tensors& sums,
                                   const Clipping& clipping, bool bounded) const {
  const auto& e = evidence_;
  auto out = e.report;
  const auto weights =
      sum_weights(gradients, clipping, e.exact_sq.size(0), sums.front().scalar_type());
  const auto wrong_factor = check_factors(gradients, e.exact_sq, e.safe_sq, clipping, out);
  const auto contribution_sq = e.contribution_sq.mul(weights.square());
  out.max_contribution_over_c =
      contribution_sq.masked_fill(weights.eq(0), 0).sum(0).max().sqrt().item<double>() /
      clipping.clip_norm;
  const auto params = model_.parameters();
  for (std::size_t k = 0; k < params.size(); ++k) {
    const auto& p = e.projected.at(params[k].unsafeGetTensorImpl());
    const auto c = weights[p.layer];
    const auto projected = p.project(sums[k].to(at::kDouble).unsqueeze(0)).select(1, 0);
    const auto error = projected.to(at::kCPU).sub(weighted_sum(p.products.to(at::kCPU), c));
    const auto bound = kProjectionErrors * p.relative_error *
                       weighted_sum(p.magnitudes.to(at::kCPU), c).item<double>();
    const auto ratio = error.abs().max().item<double>() / std::max(bound, 1e-300);
    if (ratio <= out.sum_error_over_bound || std::isnan(out.sum_error_over_bound)) continue;
    out.sum_error_over_bound = ratio;
    out.worst_parameter = p.name;
  }
  if (out.violation.empty()) out.violation = wrong_factor;
  if (!out.violation.empty()) return out;
  if (!(out.sum_error_over_bound <= 1)) {
    out.violation =
        finding("%s: its sum is %.2g times further from its operands' than rounding allows",
                out.worst_parameter.c_str(), out.sum_error_over_bound);
  } else if (bounded && !(out.max_contribution_over_c <= 1 + 1e-12)) {
    out.violation =
        finding("a sample contributes %.9g times the clip norm", out.max_contribution_over_c);
  }
  return out;
}

}  // namespace clipbench::bench
