// What the planner of the method `auto` is told about a device and a layer: measured rates, and how
// the layer's operands lie.
#pragma once

#include <ATen/core/Tensor.h>

#include "bench/methods/planner.h"
#include "kernels/linear_norms.h"

namespace clipbench::bench {

/// From one product and one copy of `options`' dtype on its device, medians of five. The ratio of
/// the two is rounded to a power of √2, so that equal machines make equal plans.
DeviceRates measured_rates(const at::TensorOptions& options);

/// Says which of this repository's kernels take the layer; it shares its input with no other.
LinearShape shape_of(const kernels::LinearOperands& layer);

}  // namespace clipbench::bench
