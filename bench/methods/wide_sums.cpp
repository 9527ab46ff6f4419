#include "bench/methods/wide_sums.h"

#include <ATen/ops/empty.h>

#include "kernels/wide.h"

namespace clipbench::bench {

void WideSums::release(const Layer& layer, std::size_t which, std::int64_t first_row, Tensor sum) {
  const auto& param = layer.params[which];
  auto& whole = complete_[param.unsafeGetTensorImpl()];
  if (sum.size(0) == param.size(0)) {
    whole = std::move(sum);
    return;
  }
  if (first_row == 0) whole = at::empty(param.sizes(), sum.options());
  whole.slice(0, first_row, first_row + sum.size(0)).copy_(sum);
}

Tensor WideSums::destination(const Layer& layer, std::size_t which) {
  const auto& param = layer.params[which];
  const auto wide = param.options().dtype(kernels::wide_dtype(param.scalar_type()));
  return complete_[param.unsafeGetTensorImpl()] = at::empty(param.sizes(), wide);
}

Tensors WideSums::sums(const Model& model) const {
  Tensors all;
  for (const auto& param : model.parameters()) {
    const auto found = complete_.find(param.unsafeGetTensorImpl());
    all.push_back(found != complete_.end() ? found->second : kernels::to_wide(param.grad()));
  }
  return all;
}

WideStep wide_step(Schedule& schedule, const Model& model, const Batch& batch) {
  WideSums release({/*noise_std=*/0, /*expected_batch=*/1, /*seed=*/0}, batch.ids.device());
  const auto gradients = schedule.step(model, batch, release);
  WideStep out{gradients, release.sums(model)};
  model.zero_grad();
  return out;
}

}  // namespace clipbench::bench
