#include "bench/methods/gradient_error.h"

#include <algorithm>
#include <cmath>

#include <ATen/ops/linalg_vector_norm.h>

namespace clipbench::bench {
namespace {

double norm_of(const Tensor& t) { return at::linalg_vector_norm(t.to(at::kDouble)).item<double>(); }

}  // namespace

GradientError worst_gradient_error(const Model& model, const Tensors& actual,
                                   const Tensors& expected) {
  double total_sq = 0;
  for (const auto& e : expected) total_sq += std::pow(norm_of(e), 2);
  const auto names = model.parameter_names();
  GradientError worst;
  for (std::size_t k = 0; k < expected.size(); ++k) {
    if (!actual[k].defined()) return {INFINITY, names[k]};
    const auto scale = std::max(norm_of(expected[k]), 1e-3 * std::sqrt(total_sq));
    const auto difference = norm_of(actual[k].to(at::kDouble).sub(expected[k].to(at::kDouble)));
    const auto error = difference == 0 ? 0 : difference / scale;
    if (std::isnan(error)) return {error, names[k]};
    if (error > worst.error) worst = {error, names[k]};
  }
  return worst;
}

}  // namespace clipbench::bench
