#include "bench/methods/contract.h"

#include <algorithm>
#include <cmath>

#include <ATen/ops/linalg_vector_norm.h>
#include <ATen/ops/maximum.h>
#include <ATen/ops/ones.h>
#include <ATen/ops/ones_like.h>
#include <ATen/ops/zeros.h>
#include <ATen/ops/zeros_like.h>
#include <torch/csrc/autograd/autograd.h>

#include "bench/methods/finding.h"

namespace clipbench::bench {
namespace {

/// Which group of clip factors a parameter belongs to: 0 for all, or its layer's index.
std::vector<std::int64_t> groups_of(const Model& model, bool by_layer) {
  std::vector<std::int64_t> groups;
  std::int64_t layer_index = 0;
  for (const auto& layer : model.layers()) {
    if (layer->owns_params()) {
      groups.insert(groups.end(), layer->params.size(), by_layer ? layer_index : 0);
    }
    ++layer_index;
  }
  return groups;
}

/// What is right, from per-sample gradients.
class Reference {
 public:
  Reference(const Model& model, const Batch& batch, bool by_layer)
      : gradients_(per_sample_gradients(model, batch)), group_(groups_of(model, by_layer)) {
    groups_ = by_layer ? static_cast<std::int64_t>(model.layers().size()) : 1;
  }

  /// [groups,B], f64, on the CPU.
  Tensor norms() const {
    auto sq = at::zeros({groups_, static_cast<std::int64_t>(gradients_.size())}, at::kDouble);
    for_each([&](std::int64_t group, std::int64_t i, std::size_t, const Tensor& g) {
      sq[group][i].add_(std::pow(at::linalg_vector_norm(g).item<double>(), 2));
    });
    return sq.sqrt_();
  }

  /// factors [groups,B], CPU.
  Tensors sums(const Tensor& factors) const {
    Tensors all;
    for (const auto& g : gradients_.front()) {
      all.push_back(at::zeros(g.sizes(), g.options().dtype(at::kDouble).requires_grad(false)));
    }
    for_each([&](std::int64_t group, std::int64_t i, std::size_t k, const Tensor& g) {
      const auto factor = factors[group][i].item<double>();
      if (factor != 0) all[k].add_(g, factor);
    });
    return all;
  }

 private:
  template <class Visit>
  void for_each(Visit&& visit) const {
    for (std::size_t i = 0; i < gradients_.size(); ++i) {
      for (std::size_t k = 0; k < group_.size(); ++k) {
        visit(group_[k], static_cast<std::int64_t>(i), k, gradients_[i][k].to(at::kDouble));
      }
    }
  }

  std::vector<Tensors> gradients_;
  std::vector<std::int64_t> group_;  ///< of each parameter
  std::int64_t groups_ = 1;
};

Tensor as_groups(const Tensor& values) { return values.dim() == 1 ? values.unsqueeze(0) : values; }

double largest(const Tensor& values) { return values.numel() ? values.max().item<double>() : 0; }

/// A group of small share counts a thousandth of the sample's whole norm: what of it is rounding
/// alone proves nothing.
Tensor norm_scale(const Tensor& norms) {
  return norms.maximum(norms.square().sum(0, /*keepdim=*/true).sqrt_().mul_(1e-3));
}

/// |actual − expected| / scale; 0 where neither is finite: such a sample has no norm.
Tensor relative_difference(const Tensor& actual, const Tensor& expected, const Tensor& scale) {
  const auto neither = actual.isfinite().logical_or(expected.isfinite()).logical_not_();
  return actual.sub(expected).div_(scale).abs_().masked_fill_(neither, 0);
}

void check_norms(const Gradients& gradients, const Tensor& norms, double tolerance,
                 ContractReport& out) {
  const auto raw = as_groups(gradients.raw_norms).to(at::kCPU);
  const auto safe = as_groups(gradients.norms).to(at::kCPU);
  const auto scale = norm_scale(norms);
  out.norm_error = largest(relative_difference(raw, norms, scale));
  out.least_guard = safe.sub(norms)
                        .div_(scale)
                        .masked_fill_(norms.isfinite().logical_not_(), 0)
                        .min()
                        .item<double>();
  if (!(out.norm_error <= tolerance)) {
    out.violation =
        finding("a per-sample norm differs from microbatch's by %.1e (tolerance %.0e, f64)",
                out.norm_error, tolerance);
  } else if (!(out.least_guard >= -1e-15)) {
    out.violation = finding("a guarded norm lies %.1e below the true norm", -out.least_guard);
  }
}

void check_factors(const Gradients& gradients, const Tensor& norms, const Clipping& clipping,
                   double tolerance, ContractReport& out) {
  const auto factors = as_groups(gradients.factors).to(at::kCPU);
  const double groups = static_cast<double>(factors.size(0));
  const auto C = clipping.clip_norm / std::sqrt(groups);
  const auto expected = clipping.clip(as_groups(gradients.norms).to(at::kCPU), C);
  out.factor_error = largest(factors.sub(expected).abs().div(expected.abs().clamp_min(1e-300)));
  const auto contributions = factors.mul(norms).masked_fill_(factors.eq(0), 0);
  out.max_contribution_over_c = largest(contributions.square().sum(0).sqrt()) / clipping.clip_norm;
  if (!out.violation.empty()) return;
  if (!(out.factor_error <= tolerance)) {
    out.violation = finding("a factor differs from the clip function's by %.1e", out.factor_error);
  } else if (!(out.max_contribution_over_c <= 1 + 1e-15)) {
    out.violation =
        finding("a sample contributes %.17g times the clip norm", out.max_contribution_over_c);
  }
}

void check_sum(const Model& model, const Tensors& actual, const Tensors& expected, double tolerance,
               ContractReport& out) {
  out.sum = worst_gradient_error(model, actual, expected);
  if (out.violation.empty() && !(out.sum.error <= tolerance)) {
    out.violation = finding(
        "%s differs from the sum of microbatch's gradients by %.1e "
        "(tolerance %.0e, f64)",
        out.sum.parameter.c_str(), out.sum.error, tolerance);
  }
}

/// The same step again, by the same objects.
void check_next_step(const Model& model, const StepResult& first, const StepResult& next,
                     double tolerance, ContractReport& out) {
  if (!out.violation.empty()) return;
  const auto sum = worst_gradient_error(model, next.sums, first.sums);
  if (!(sum.error <= tolerance)) {
    out.violation =
        finding("%s differs by %.1e when the step is repeated", sum.parameter.c_str(), sum.error);
    return;
  }
  if (!first.gradients.norms.defined()) return;
  const auto &norms = first.gradients.norms, &next_norms = next.gradients.norms;
  const double error = largest(relative_difference(next_norms, norms, norms.clamp_min(1e-300)));
  if (!(error <= tolerance))
    out.violation = finding("norms differ by %.1e in the next step", error);
}

void check_empty_batch(Schedule& schedule, const Model& model, const Batch& batch,
                       GradientRelease& release, ContractReport& out) {
  const auto empty = run_step(schedule, model, batch.samples(0, 0), release);
  for (const auto& sum : empty.sums) {
    const bool zero = sum.defined() && sum.count_nonzero().item<std::int64_t>() == 0;
    if (out.violation.empty() && !zero) out.violation = "an empty batch does not give zero";
  }
}

Tensor mean_factors(const Batch& batch) {
  return at::ones({1, batch.size()}, at::kDouble).div(static_cast<double>(batch.size()));
}

}  // namespace

std::vector<Tensors> per_sample_gradients(const Model& model, const Batch& batch) {
  std::vector<Tensors> all;
  for (std::int64_t i = 0; i < batch.size(); ++i) {
    const auto losses = model.losses(batch.samples(i, i + 1), nullptr);
    torch::autograd::backward({losses}, {at::ones_like(losses)}, /*keep_graph=*/false);
    Tensors gradients;
    for (const auto& param : model.parameters()) {
      gradients.push_back(param.grad().defined() ? param.grad() : at::zeros_like(param));
    }
    all.push_back(std::move(gradients));
    model.zero_grad();
  }
  return all;
}

Tensors sum_one_by_one(const Model& model, const Batch& batch, const Tensor& factors) {
  const auto used = factors.defined() ? as_groups(factors).to(at::kCPU) : mean_factors(batch);
  return Reference(model, batch, /*by_layer=*/used.size(0) > 1).sums(used);
}

std::unique_ptr<GradientRelease> default_release(ReleaseOptions options, at::Device device) {
  return std::make_unique<GradientRelease>(options, device);
}

StepResult run_step(Schedule& schedule, const Model& model, const Batch& batch,
                    ReleaseOptions options, const MakeRelease& make) {
  return run_step(schedule, model, batch, *make(options, batch.ids.device()));
}

StepResult run_step(Schedule& schedule, const Model& model, const Batch& batch,
                    GradientRelease& release) {
  StepResult out{schedule.step(model, batch, release), {}};
  for (const auto& param : model.parameters()) {
    out.sums.push_back(param.grad().defined() ? param.grad().to(at::kDouble) : Tensor());
  }
  model.zero_grad();
  return out;
}

ContractReport check_contract(Schedule& schedule, const Model& model, const Batch& batch,
                              const Clipping& clipping, double tolerance, const MakeRelease& make) {
  ContractReport out;
  const auto release = make({}, batch.ids.device());
  const auto step = run_step(schedule, model, batch, *release);
  const bool clips = step.gradients.factors.defined();
  const auto factors = clips ? as_groups(step.gradients.factors).to(at::kCPU) : mean_factors(batch);
  const Reference reference(model, batch, /*by_layer=*/factors.size(0) > 1);
  if (clips) {
    const auto norms = reference.norms();
    check_norms(step.gradients, norms, tolerance, out);
    check_factors(step.gradients, norms, clipping, tolerance, out);
  }
  check_sum(model, step.sums, reference.sums(factors), tolerance, out);
  check_next_step(model, step, run_step(schedule, model, batch, *release), tolerance, out);
  if (clips) check_empty_batch(schedule, model, batch, *release, out);
  return out;
}

}  // namespace clipbench::bench
