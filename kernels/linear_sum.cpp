#include "kernels/linear_sum.h"

#include "kernels/linear_on_hopper.h"
#include "kernels/wide.h"

namespace clipbench::kernels {

void linear_clipped_sum_(at::Tensor& sum, const at::Tensor& a, const at::Tensor& g,
                         const Factors& factors, std::int64_t first_row) {
  if (hopper_takes(LinearOperands{a, g}, sum, first_row)) {
    return hopper_clipped_sums_(sum, LinearOperands{a, g}, factors.device, first_row);
  }
  const auto last_row = first_row + sum.size(0);
  const auto& weights = factors.host();
  for (std::size_t b = 0; b < weights.size(); ++b) {
    if (weights[b] == 0) continue;
    const auto sample = static_cast<std::int64_t>(b);
    const auto g_rows = g.select(0, sample).slice(1, first_row, last_row);  // [T,rows]
    addmm_wide_(sum, g_rows.t(), a.select(0, sample), weights[b]);
  }
}

void linear_clipped_sums_(at::ArrayRef<at::Tensor> sums, at::ArrayRef<LinearOperands> layers,
                          const Factors& factors) {
  TORCH_CHECK(sums.size() == layers.size(), "linear_clipped_sums_: ", layers.size(),
              " layers, but ", sums.size(), " sums");
  if (hopper_takes(layers, sums, 0)) {
    return hopper_clipped_sums_(sums, layers, factors.device, /*first_row=*/0);
  }
  for (std::size_t i = 0; i < layers.size(); ++i) {
    at::Tensor sum = sums[i];
    linear_clipped_sum_(sum, layers[i].a, layers[i].g, factors, 0);
  }
}

}  // namespace clipbench::kernels
