#include "kernels/factors.h"

#include <ATen/ops/nextafter.h>
#include <ATen/ops/where.h>
#include <ATen/ops/zeros_like.h>

namespace clipbench::kernels {
namespace {

at::Tensor toward_zero(const at::Tensor& wide, at::ScalarType dtype) {
  const auto nearest = wide.to(dtype);
  const auto below = at::nextafter(nearest, at::zeros_like(nearest));
  return at::where(nearest.to(at::kDouble).gt(wide), below, nearest);
}

}  // namespace

const std::vector<double>& Factors::host() const {
  if (host_.empty()) {
    const auto copy = device.to(at::kCPU, at::kDouble).contiguous();
    host_.assign(copy.const_data_ptr<double>(), copy.const_data_ptr<double>() + copy.numel());
  }
  return host_;
}

Factors make_factors(const at::Tensor& factors, double expected_batch, at::ScalarType sum_dtype) {
  Factors out;
  out.device = toward_zero(factors.to(at::kDouble).div(expected_batch), sum_dtype);
  return out;
}

}  // namespace clipbench::kernels
