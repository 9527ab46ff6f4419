#include "bench/methods/operand_check.h"

#include <algorithm>
#include <cmath>

#include <ATen/CPUGeneratorImpl.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/where.h>
#include <ATen/ops/zeros.h>
#include <ATen/ops/zeros_like.h>

#include "bench/layers/linear.h"
#include "bench/methods/finding.h"
#include "kernels/norm_guard.h"
#include "kernels/wide.h"

namespace clipbench::bench {
namespace {

constexpr std::int64_t kProjections = 4;
// A random projection of an error of given Frobenius norm exceeds ten times that norm once in 10⁵.
constexpr double kProjectionErrors = 10;
constexpr std::int64_t kKappaSamples = 2;

/// Random signs [n,kProjections], f64.
Tensor signs(std::int64_t n, at::Generator& generator, at::Device device) {
  auto values = at::empty({n, kProjections}, at::kDouble);
  values.random_(0, 2, generator).mul_(2).sub_(1);
  return values.to(device);
}

/// Sample i of what a layer saw, in f64.
Seen sample_of(const Layer& layer, const Seen& seen, std::int64_t i) {
  const auto wide = [&](const Tensor& t) {
    const bool is_param = t.data_ptr() == layer.params[0].data_ptr();
    if (is_param || t.dim() == 0) return t;
    const auto one = t.slice(0, i, i + 1);
    return one.is_floating_point() ? one.to(at::kDouble) : one;
  };
  Seen sample{{}, wide(seen.g)};
  for (const auto& saved : seen.saved) sample.saved.push_back(wide(saved));
  return sample;
}

double sq_norm(const Tensor& t) { return t.square().sum().item<double>(); }

}  // namespace

/// What is known of the step, collected over its passes.
struct OperandCheck::Evidence {
  struct Projected {
    std::string name;
    Tensor u, v;        ///< u undefined for vectors
    Tensor products;    ///< [kProjections,B]: uᵀ G_i v
    Tensor magnitudes;  ///< [B]
    double relative_error = 0;
    std::int64_t layer = 0;

    Tensor project(const Tensor& matrix) const {
      const auto wide = matrix.to(at::kDouble);
      if (!u.defined()) return wide.unsqueeze(1).mul(v).sum(0);
      return wide.matmul(v).mul_(u).sum(0);
    }
  };

  Evidence(const Model& model, std::int64_t samples) : model(model) {
    auto generator = at::make_generator<at::CPUGeneratorImpl>(/*seed=*/17);
    report.samples = samples;
    report.least_guard = INFINITY;
    const auto layers = static_cast<std::int64_t>(model.layers().size());
    exact_sq = at::zeros({layers, samples}, at::kDouble);
    safe_sq = at::zeros({layers, samples}, at::kDouble);
    contribution_sq = at::zeros({layers, samples}, at::kDouble);
    for (std::int64_t l = 0; l < layers; ++l) add_layer(l, generator);
  }

  void add_layer(std::int64_t index, at::Generator& generator) {
    const auto& layer = *model.layers()[static_cast<std::size_t>(index)];
    index_of[&layer] = index;
    for (std::size_t k = 0; layer.owns_params() && k < layer.params.size(); ++k) {
      const auto& param = layer.params[k];
      Projected p;
      p.name = layer.name + "." + layer.param_names[k];
      if (param.dim() == 2) p.u = signs(param.size(0), generator, param.device());
      p.v = signs(param.size(-1), generator, param.device());
      p.products = at::zeros({kProjections, report.samples}, at::kDouble);
      p.magnitudes = at::zeros({report.samples}, at::kDouble);
      p.layer = index;
      projected.emplace(param.unsafeGetTensorImpl(), std::move(p));
    }
  }

  void compare_norms(const Layer& layer, const kernels::SqNorms& found, const Tensor& exact) {
    const auto n = exact.sqrt();
    const auto raw = found.sq.to(at::kCPU).clamp_min(0).sqrt_();
    const auto safe = found.safe_sq.to(at::kCPU).sqrt();
    exact_sq[index_of.at(&layer)].copy_(exact);
    safe_sq[index_of.at(&layer)].copy_(found.safe_sq);
    for (std::int64_t i = 0; i < report.samples; ++i) {
      compare_norm(layer, raw[i].item<double>(), safe[i].item<double>(), n[i].item<double>());
    }
  }

  void compare_norm(const Layer& layer, double raw, double safe, double exact) {
    if (exact == 0 || (!std::isfinite(exact) && !std::isfinite(raw))) return;
    const double error = raw / exact - 1;
    if (std::abs(error) > std::max(-report.norm_error_low, report.norm_error_high)) {
      report.worst_layer = layer.name;
    }
    report.norm_error_low = std::min(report.norm_error_low, error);
    report.norm_error_high = std::max(report.norm_error_high, error);
    report.least_guard = std::min(report.least_guard, safe / exact - 1);
    const double slack = safe - raw + 1e-12 * exact;  // allowed on either side
    if (!(std::abs(raw - exact) <= slack)) note_norm(layer, error, slack / exact);
  }

  void note_norm(const Layer& layer, double error, double allowed) {
    if (!report.violation.empty()) return;
    report.violation = finding("%s: a norm differs from its operands' by %.1e (bound %.1e)",
                               layer.name.c_str(), error, allowed);
  }

  /// One sample's gradient of parameter k, and what its rounding is relative to.
  void add_contribution(const Layer& layer, std::size_t k, std::int64_t i, const Tensor& gradient) {
    auto& p = projected.at(layer.params[k].unsafeGetTensorImpl());
    p.products.select(1, i).copy_(p.project(gradient));
    contribution_sq[index_of.at(&layer)][i].add_(sq_norm(gradient));
  }

  void add_magnitudes(const Layer& layer, const Tensors& magnitudes, double relative_error) {
    for (std::size_t k = 0; k < magnitudes.size(); ++k) {
      auto& p = projected.at(layer.params[k].unsafeGetTensorImpl());
      p.magnitudes.add_(magnitudes[k].to(at::kCPU));
      p.relative_error = relative_error;
    }
  }

  void add_kappa(const Layer& layer, const Seen& sample, const Tensor& gradient) {
    if (layer.rule != &linear_rule()) return;
    const Seen absolute{{sample.saved[0].abs()}, sample.g.abs()};
    const auto absolute_sq = sq_norm(layer.rule->per_sample_grads(layer, absolute)[0]);
    auto& known = report.kappa_sq[role_of(layer.name)];
    if (const auto sq = sq_norm(gradient); sq > 0) known = std::max(known, absolute_sq / sq);
  }

  const Model& model;
  OperandReport report;
  std::map<const Layer*, std::int64_t> index_of;
  Tensor exact_sq, safe_sq, contribution_sq;  ///< [layers,B], CPU; a tie counts at its owner
  std::map<const c10::TensorImpl*, Projected> projected;
};

/// Decorates one pass' sink.
class OperandCheck::CheckingSink final : public Sink {
 public:
  CheckingSink(Sink& inner, Evidence& evidence) : inner_(inner), evidence_(evidence) {}

  Tensors visit(const Layer& layer, Seen seen) override {
    auto out = inner_.visit(layer, seen);
    const auto* norms = inner_.last_norms();
    if (!layer.owns_params()) {  // complete at the owner
      first_uses_[layer.tied_to] = {&layer, seen, norms ? norms->parts : Parts{}};
      return out;
    }
    const auto exact = examine(layer, seen);
    if (norms) evidence_.compare_norms(layer, with_first_use(layer, norms->parts), exact);
    first_uses_.erase(&layer);
    return out;
  }

 private:
  using Parts = std::vector<kernels::NormPart>;
  struct FirstUse {
    const Layer* layer = nullptr;
    Seen seen;
    Parts norms;
  };

  /// Exact squared norms [B] of what the pass reads, and its share of the sums.
  Tensor examine(const Layer& layer, const Seen& seen) {
    const auto B = seen.g.size(0);
    auto exact = at::zeros({B}, at::kDouble);
    const auto* tiles = inner_.last_tiles();
    const bool sums = tiles != nullptr || inner_.sums_operands();
    for (std::int64_t i = 0; i < B; ++i) {
      const auto gradients = tiles ? tiles_of(*tiles, i) : gradients_of(layer, seen, i);
      for (std::size_t k = 0; k < gradients.size(); ++k) {
        exact[i].add_(sq_norm(gradients[k]));
        if (sums) evidence_.add_contribution(layer, k, i, gradients[k]);
      }
    }
    if (sums) add_magnitudes(layer, seen, tiles, exact);
    return exact;
  }

  void add_magnitudes(const Layer& layer, const Seen& seen, const Tensors* tiles,
                      const Tensor& exact) {
    if (tiles) {  // only their sum over samples rounds
      const Tensors norms(tiles->size(), exact.sqrt());
      evidence_.add_magnitudes(layer, norms, kernels::sum_error(seen.g, exact.size(0)));
      return;
    }
    const auto length = seen.g.size(1);
    const auto error = kernels::sum_error(seen.g, length);
    evidence_.add_magnitudes(layer, layer.rule->magnitudes(layer, seen), error);
    if (const auto first = first_uses_.find(&layer); first != first_uses_.end()) {
      const auto& [user, user_seen, norms] = first->second;
      evidence_.add_magnitudes(layer, user->rule->magnitudes(*user, user_seen), error);
    }
  }

  static Tensors tiles_of(const Tensors& tiles, std::int64_t i) {
    Tensors out;
    for (const auto& tile : tiles) out.push_back(tile.select(0, i).to(at::kDouble));
    return out;
  }

  Tensors gradients_of(const Layer& layer, const Seen& seen, std::int64_t i) {
    auto gradients = sample_gradients(layer, seen, i);
    if (const auto first = first_uses_.find(&layer); first != first_uses_.end()) {
      const auto& use = first->second;
      gradients[0].add_(sample_gradients(*use.layer, use.seen, i)[0]);
    }
    return gradients;
  }

  Tensors sample_gradients(const Layer& layer, const Seen& seen, std::int64_t i) {
    const auto sample = sample_of(layer, seen, i);
    auto gradients = layer.rule->per_sample_grads(layer, sample);
    for (auto& gradient : gradients) gradient = gradient.select(0, 0);
    if (i < kKappaSamples && inner_.last_norms()) {
      evidence_.add_kappa(layer, sample, gradients[0]);
    }
    return gradients;
  }

  kernels::SqNorms with_first_use(const Layer& owner, Parts parts) const {
    if (const auto first = first_uses_.find(&owner); first != first_uses_.end()) {
      const auto& more = first->second.norms;
      parts.insert(parts.end(), more.begin(), more.end());
    }
    return kernels::guard(parts);
  }

  Sink& inner_;
  Evidence& evidence_;
  std::map<const Layer*, FirstUse> first_uses_;  ///< by owner
};

OperandCheck::OperandCheck(const Model& model, std::int64_t samples)
    : evidence_(std::make_unique<Evidence>(model, samples)) {}
OperandCheck::~OperandCheck() = default;

Sink& OperandCheck::wrap(Sink& sink) {
  sinks_.push_back(std::make_unique<CheckingSink>(sink, *evidence_));
  return *sinks_.back();
}

namespace {

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

OperandReport OperandCheck::report(const Gradients& gradients, const Tensors& sums,
                                   const Clipping& clipping, bool bounded) const {
  const auto& e = *evidence_;
  auto out = e.report;
  const auto weights =
      sum_weights(gradients, clipping, e.exact_sq.size(0), sums.front().scalar_type());
  const auto wrong_factor = check_factors(gradients, e.exact_sq, e.safe_sq, clipping, out);
  const auto contribution_sq = e.contribution_sq.mul(weights.square());
  out.max_contribution_over_c =
      contribution_sq.masked_fill(weights.eq(0), 0).sum(0).max().sqrt().item<double>() /
      clipping.clip_norm;
  const auto params = e.model.parameters();
  for (std::size_t k = 0; k < params.size(); ++k) {
    const auto& p = e.projected.at(params[k].unsafeGetTensorImpl());
    const auto c = weights[p.layer];
    const auto error = p.project(sums[k]).to(at::kCPU).sub(weighted_sum(p.products, c));
    const auto bound =
        kProjectionErrors * p.relative_error * weighted_sum(p.magnitudes, c).item<double>();
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
