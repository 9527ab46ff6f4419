#include "kernels/factors.h"

namespace clipbench::kernels {

Factors make_factors(const at::Tensor& factors, double expected_batch) {
  Factors out;
  out.device = factors.div(expected_batch);
  const auto host = out.device.to(at::kCPU, at::kDouble).contiguous();
  out.host.assign(host.data_ptr<double>(), host.data_ptr<double>() + host.numel());
  return out;
}

}  // namespace clipbench::kernels
