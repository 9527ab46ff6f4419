#include <algorithm>
#include <cmath>

#include <ATen/ops/norm.h>

#include "bench/methods/contract.h"
#include "bench/methods/finding.h"

namespace clipbench::bench {
namespace {

/// How far from 0 a mean of n values of standard deviation 1 may lie, by chance.
double six_errors(double n) { return 6 / std::sqrt(n); }

std::string check_moments(const std::string& name, const Tensor& z) {
  const auto n = static_cast<double>(z.numel());
  const double mean = z.mean().item<double>(), square = z.square().mean().item<double>();
  if (!(std::abs(mean) <= six_errors(n)))
    return finding("%s: noise has mean %.3g", name.c_str(), mean);
  // Wilson and Hilferty: the cube root of χ²/n is all but normal even for few values.
  const double off = std::cbrt(square) - (1 - 2 / (9 * n));
  if (!(std::abs(off) <= std::sqrt(2.0) / 3 * six_errors(n))) {
    return finding("%s: noise has %.4g times its variance", name.c_str(), square);
  }
  return "";
}

/// Σxy/(‖x‖‖y‖), which for few values has not the long tails of the mean of products.
std::string check_correlation(const std::string& what, const Tensor& x, const Tensor& y) {
  const auto n = std::min(x.numel(), y.numel());
  const auto u = x.flatten().slice(0, 0, n), v = y.flatten().slice(0, 0, n);
  const double r = u.mul(v).sum().div(u.norm().mul(v.norm())).item<double>();
  return std::abs(r) <= six_errors(static_cast<double>(n))
             ? ""
             : finding("%s: noise has correlation %.3g", what.c_str(), r);
}

/// The noise of one step, in its standard deviations. Empty where a gradient is missing.
Tensors draw_noise(Schedule& schedule, const Model& model, const Batch& batch,
                   const ReleaseOptions& options, const Tensors& quiet, GradientRelease& release) {
  auto z = run_step(schedule, model, batch, release).sums;
  for (std::size_t k = 0; k < z.size(); ++k) {
    if (!z[k].defined() || !quiet[k].defined()) return {};
    z[k].sub_(quiet[k]).mul_(options.expected_batch / options.noise_std);
  }
  return z;
}

/// Noise alone, without a sum whose rounding would fill its digits.
std::string check_digits(Schedule& schedule, const Model& model, const Batch& batch,
                         GradientRelease& release) {
  double coarse = 0, all = 0;
  for (const auto& z : run_step(schedule, model, batch.samples(0, 0), release).sums) {
    if (!z.defined()) continue;
    coarse += z.eq(z.to(at::kBFloat16).to(at::kDouble)).sum().item<double>();
    all += static_cast<double>(z.numel());
  }
  const bool narrow = model.parameters().front().scalar_type() == at::kBFloat16;
  return narrow || coarse <= 0.01 * all ? ""  // 2⁻¹⁶ by chance
                                        : "noise was drawn with no more digits than bf16 has";
}

std::string check_draws(const std::vector<std::string>& names, const Tensors& first,
                        const Tensors& second, const Tensors& other_seed) {
  for (std::size_t k = 0; k < first.size(); ++k) {
    for (const auto& found :
         {check_moments(names[k], first[k]),
          check_correlation(names[k] + " in two steps", first[k], second[k]),
          check_correlation(names[k] + " with two seeds", first[k], other_seed[k])}) {
      if (!found.empty()) return found;
    }
    for (std::size_t other = 0; other < k; ++other) {
      const auto found =
          check_correlation(names[other] + " and " + names[k], first[other], first[k]);
      if (!found.empty()) return found;
    }
  }
  return "";
}

}  // namespace

std::string check_noise(Schedule& schedule, const Model& model, const Batch& batch,
                        ReleaseOptions options, const MakeRelease& make) {
  const auto device = batch.ids.device();
  const auto quiet = run_step(schedule, model, batch, {0, options.expected_batch, 0}, make).sums;
  const auto release = make(options, device);
  const auto first = draw_noise(schedule, model, batch, options, quiet, *release);
  const auto second = draw_noise(schedule, model, batch, options, quiet, *release);
  ++options.seed;
  const auto other_release = make(options, device);
  const auto other = draw_noise(schedule, model, batch, options, quiet, *other_release);
  if (first.empty() || second.empty() || other.empty()) return "a parameter gets no gradient";
  const auto found = check_draws(model.parameter_names(), first, second, other);
  return found.empty() ? check_digits(schedule, model, batch, *release) : found;
}

}  // namespace clipbench::bench
