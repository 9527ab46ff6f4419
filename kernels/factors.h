// Clip factors on both sides: products with large operands take them as host scalars, elementwise
// kernels read them on the device.
#pragma once

#include <vector>

#include <ATen/core/Tensor.h>

namespace clipbench::kernels {

/// Factor of each of B samples, already divided by the expected batch: Σ_i factor_i · g_i is what
/// is released. A sample with factor 0 does not count, whatever its tensors hold. Both sides hold
/// the same values.
struct Factors {
  at::Tensor device;  ///< [B], the dtype of sums
  /// Synchronises with the device at the first call.
  const std::vector<double>& host() const;

 private:
  mutable std::vector<double> host_;
};

/// From factors [B] on a device, rounded toward zero to `sum_dtype`: rounding up would put a sample
/// above the bound.
Factors make_factors(const at::Tensor& factors, double expected_batch, at::ScalarType sum_dtype);

}  // namespace clipbench::kernels
