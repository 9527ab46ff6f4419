#include "bench/methods/gradient_release.h"

#include <algorithm>

#include <ATen/CPUGeneratorImpl.h>
#include <ATen/cuda/CUDAGeneratorImpl.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/empty_like.h>

#include "kernels/wide.h"
#include "profiler/observe.h"

namespace clipbench::bench {
namespace {

constexpr std::int64_t kBlockBytes = 32 << 20;  // of a wide accumulator beside a narrow gradient
constexpr std::int64_t kRowMultiple = 64;       // kernels read columns of g on 16 bytes

at::Generator make_generator(at::Device device, std::uint64_t seed) {
  if (device.is_cpu()) return at::make_generator<at::CPUGeneratorImpl>(seed);
  auto generator = at::cuda::detail::createCUDAGenerator(device.index());
  generator.set_current_seed(seed);
  return generator;
}

/// The sum has the parameter's own dtype, so it becomes the gradient without a copy.
bool sum_is_gradient(const Tensor& param) {
  return kernels::wide_dtype(param.scalar_type()) == param.scalar_type();
}

}  // namespace

GradientRelease::GradientRelease(ReleaseOptions options, at::Device device)
    : options_(options), generator_(make_generator(device, options.seed)) {}

void GradientRelease::begin_physical_batch(bool first, bool last) {
  first_ = first;
  last_ = last;
  if (first) released_.clear();
}

void GradientRelease::release_unused(const std::vector<std::unique_ptr<Layer>>& layers) {
  if (!released_.empty()) release_rest(layers);
}

void GradientRelease::release_noise_alone(const std::vector<std::unique_ptr<Layer>>& layers) {
  begin_physical_batch(true, true);
  release_rest(layers);
}

void GradientRelease::release_rest(const std::vector<std::unique_ptr<Layer>>& layers) {
  for (const auto& layer : layers) {
    for (std::size_t k = 0; layer->owns_params() && k < layer->params.size(); ++k) {
      if (released_.contains(layer->params[k].unsafeGetTensorImpl())) continue;
      form(*layer, k, [](Tensor&, std::int64_t) {});
    }
  }
}

bool GradientRelease::held_back(const Layer& layer) const { return !last_ || !layer.owns_params(); }

std::int64_t GradientRelease::block_rows(const Layer& layer, std::size_t which) const {
  const auto& param = layer.params[which];
  const bool whole =
      sum_is_gradient(param) || !(first_ && last_) || layer.has_tie || !layer.owns_params();
  if (whole) return std::max<std::int64_t>(1, param.size(0));
  const auto row_bytes = param.numel() / param.size(0) * std::int64_t{sizeof(float)};
  const auto rows = kBlockBytes / row_bytes / kRowMultiple * kRowMultiple;
  return std::clamp<std::int64_t>(rows, 1, param.size(0));
}

Tensor GradientRelease::accumulator(const Layer& layer, std::size_t which, std::int64_t,
                                    std::int64_t rows) {
  const auto& param = layer.params[which];
  if (const auto held = held_.find(param.unsafeGetTensorImpl()); held != held_.end()) {
    auto sum = std::move(held->second);
    held_.erase(held);
    return sum;
  }
  auto sizes = param.sizes().vec();
  sizes[0] = rows;
  auto sum = at::empty(sizes, param.options().dtype(kernels::wide_dtype(param.scalar_type())));
  if (options_.noise_std == 0) return sum.zero_();
  return sum.normal_(0, options_.noise_std / options_.expected_batch, generator_);
}

void GradientRelease::complete(const Layer& layer, std::size_t which, std::int64_t first_row,
                               Tensor sum) {
  const auto& param = layer.params[which];
  if (held_back(layer)) {
    profiler::claim(sum, profiler::Component::gradients, layer.owner());
    held_[param.unsafeGetTensorImpl()] = std::move(sum);
    return;
  }
  const bool is_new = released_.insert(param.unsafeGetTensorImpl()).second;
  TORCH_CHECK(first_row != 0 || (is_new && !param.grad().defined()), layer.name, ".",
              layer.param_names[which],
              ": a parameter used twice in a step needs one common clip group");
  release(layer, which, first_row, std::move(sum));
}

void GradientRelease::release(const Layer& layer, std::size_t which, std::int64_t first_row,
                              Tensor sum) {
  const auto& param = layer.params[which];
  auto& grad = param.mutable_grad();
  if (sum_is_gradient(param)) {
    grad = std::move(sum);
  } else {
    if (first_row == 0) grad = at::empty_like(param);
    grad.slice(0, first_row, first_row + sum.size(0)).copy_(sum);
  }
  profiler::claim(grad, profiler::Component::gradients, layer.name);
}

}  // namespace clipbench::bench
