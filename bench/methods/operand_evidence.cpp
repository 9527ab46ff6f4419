#include "bench/methods/operand_evidence.h"

#include <algorithm>
#include <cmath>

#include <ATen/CPUGeneratorImpl.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/zeros.h>

#include "bench/methods/finding.h"

namespace clipbench::bench {
namespace {

constexpr std::int64_t kProjections = 4;

/// Random signs [n,kProjections], f64.
Tensor signs(std::int64_t n, at::Generator& generator, at::Device device) {
  auto values = at::empty({n, kProjections}, at::kDouble);
  values.random_(0, 2, generator).mul_(2).sub_(1);
  return values.to(device);
}

/// Contiguous f64 on the CPU: one copy from the device for all samples.
Tensor on_host(const Tensor& t) { return t.to(at::kCPU, at::kDouble).contiguous(); }

}  // namespace

ProjectedParameter::ProjectedParameter(const Layer& its_layer, std::size_t which,
                                       std::int64_t samples, at::Generator& generator)
    : name(its_layer.name + "." + its_layer.param_names[which]) {
  const auto& param = its_layer.params[which];
  const auto f64 = param.options().dtype(at::kDouble).requires_grad(false);
  if (param.dim() == 2) u = signs(param.size(0), generator, param.device());
  v = signs(param.size(-1), generator, param.device());
  products = at::zeros({kProjections, samples}, f64);
  magnitudes = at::zeros({samples}, f64);
}

Tensor ProjectedParameter::project(const Tensor& gradients) const {
  if (!u.defined()) return gradients.matmul(v).t();
  const auto n = gradients.size(0), columns = gradients.size(2);
  const auto right = gradients.reshape({-1, columns}).mm(v).view({n, -1, kProjections});
  return right.mul(u).sum(1).t();
}

OperandEvidence::OperandEvidence(const Model& model, std::int64_t samples) {
  auto generator = at::make_generator<at::CPUGeneratorImpl>(/*seed=*/17);
  report.samples = samples;
  report.least_guard = INFINITY;
  const auto layers = static_cast<std::int64_t>(model.layers().size());
  exact_sq = at::zeros({layers, samples}, at::kDouble);
  safe_sq = at::zeros({layers, samples}, at::kDouble);
  contribution_sq = at::zeros({layers, samples}, at::kDouble);
  for (const auto& layer : model.layers()) {
    const auto next = static_cast<std::int64_t>(index_of_.size());
    index_of_[layer.get()] = next;
    for (std::size_t k = 0; layer->owns_params() && k < layer->params.size(); ++k) {
      ProjectedParameter param(*layer, k, samples, generator);
      param.layer = next;
      projected.emplace(layer->params[k].unsafeGetTensorImpl(), std::move(param));
    }
  }
}

ProjectedParameter& OperandEvidence::of(const Layer& layer, std::size_t which) {
  return projected.at(layer.params[which].unsafeGetTensorImpl());
}

void OperandEvidence::compare_norms(const Layer& layer, const kernels::SqNorms& found,
                                    const Tensor& exact) {
  const auto n = on_host(exact).sqrt();
  const auto raw = on_host(found.sq).clamp_min(0).sqrt_();
  const auto safe = on_host(found.safe_sq).sqrt();
  exact_sq[index(layer)].copy_(exact);
  safe_sq[index(layer)].copy_(found.safe_sq);
  const auto *exact_of = n.const_data_ptr<double>(), *raw_of = raw.const_data_ptr<double>(),
             *safe_of = safe.const_data_ptr<double>();
  for (std::int64_t i = 0; i < report.samples; ++i) {
    compare_norm(layer, raw_of[i], safe_of[i], exact_of[i]);
  }
}

void OperandEvidence::compare_norm(const Layer& layer, double raw, double safe, double exact) {
  if (exact == 0 || (!std::isfinite(exact) && !std::isfinite(raw))) return;
  const double error = raw / exact - 1;
  if (std::abs(error) > std::max(-report.norm_error_low, report.norm_error_high)) {
    report.worst_layer = layer.name;
  }
  report.norm_error_low = std::min(report.norm_error_low, error);
  report.norm_error_high = std::max(report.norm_error_high, error);
  report.least_guard = std::min(report.least_guard, safe / exact - 1);
  const double slack = safe - raw + 1e-12 * exact;  // allowed on either side
  if (std::abs(raw - exact) <= slack || !report.violation.empty()) return;
  report.violation = finding("%s: a norm differs from its operands' by %.1e (bound %.1e)",
                             layer.name.c_str(), error, slack / exact);
}

void OperandEvidence::add_contributions(const Layer& layer, std::size_t which, std::int64_t first,
                                        const Tensor& gradients) {
  auto& p = of(layer, which);
  p.products.slice(1, first, first + gradients.size(0)).copy_(p.project(gradients));
}

void OperandEvidence::add_contribution_norms(const Layer& layer, const Tensor& exact) {
  contribution_sq[index(layer)].add_(on_host(exact));
}

void OperandEvidence::add_magnitudes(const Layer& layer, const Tensors& magnitudes,
                                     double relative_error) {
  for (std::size_t k = 0; k < magnitudes.size(); ++k) {
    auto& p = of(layer, k);
    p.magnitudes.add_(magnitudes[k]);
    p.relative_error = relative_error;
  }
}

void OperandEvidence::add_kappa(const Layer& layer, const Tensor& absolute_sq, const Tensor& sq) {
  const auto kappa_sq = on_host(absolute_sq).div(on_host(sq));
  auto& known = report.kappa_sq[role_of(layer.name)];
  for (std::int64_t i = 0; i < kappa_sq.numel(); ++i) {
    const double value = kappa_sq.const_data_ptr<double>()[i];
    if (std::isfinite(value)) known = std::max(known, value);
  }
}

}  // namespace clipbench::bench
