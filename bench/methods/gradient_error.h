// How far gradients are from a reference, parameter by parameter: totals hide bugs.
#pragma once

#include <string>

#include "bench/models/model.h"

namespace clipbench::bench {

struct GradientError {
  double error = 0;  ///< NaN where a gradient holds NaN, infinite where it is missing
  std::string parameter;
};

/// The worst of ‖Δ_p‖ / max(‖S_p‖, 1e-3·‖S‖) over the parameters p, in f64.
GradientError worst_gradient_error(const Model&, const Tensors& actual, const Tensors& expected);

}  // namespace clipbench::bench
