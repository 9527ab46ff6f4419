#include "bench/methods/gradient_release.h"

#include <algorithm>

#include <ATen/CPUGeneratorImpl.h>
#include <ATen/cuda/CUDAGeneratorImpl.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/empty_like.h>

#include "kernels/linear_sum.h"
#include "kernels/wide.h"
#include "profiler/observe.h"

namespace clipbench::bench {
namespace {

constexpr std::int64_t kBlockBytes = 32 << 20;   // of a wide accumulator beside a narrow gradient
constexpr std::int64_t kRowMultiple = 64;        // kernels read columns of g on 16 bytes
constexpr std::size_t kWaitingBytes = 32 << 20;  // of gradients; their rows wait in memory
constexpr std::size_t kWaiting = 128;

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
  if (!first) return;
  ++steps_;
  released_.clear();
  waiting_.clear();
  waiting_bytes_ = 0;
}

void GradientRelease::release_unused(const std::vector<std::unique_ptr<Layer>>& layers) {
  form_waiting();
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

bool GradientRelease::is_whole(const Layer& layer, std::size_t which) const {
  return !held_back(layer) && !held_.contains(layer.params[which].unsafeGetTensorImpl());
}

std::int64_t GradientRelease::block_rows(const Layer& layer, std::size_t which) const {
  const auto& param = layer.params[which];
  const bool whole =
      sum_is_gradient(param) || !(first_ && last_) || layer.has_tie || !layer.owns_params();
  if (whole) return std::max<std::int64_t>(1, param.size(0));
  const auto row_bytes = param.numel() / param.size(0) * std::int64_t{sizeof(float)};
  const auto rows = kBlockBytes / row_bytes / kRowMultiple * kRowMultiple;
  return std::clamp<std::int64_t>(rows, 1, param.size(0));
}

Tensor GradientRelease::accumulator(const Layer& layer, std::size_t which, std::int64_t first_row,
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
  profiler::claim(sum, profiler::Component::gradients, layer.owner());
  if (options_.noise_std == 0) return sum.zero_();
  if (!kernels::makes_noise(sum)) return sum.normal_(0, noise_std(), generator_);
  const auto first = static_cast<std::uint64_t>(first_row * (param.numel() / param.size(0)));
  kernels::set_noise_(sum, {.std = static_cast<float>(noise_std()),
                            .seed = options_.seed,
                            .stream = stream(layer, which),
                            .first = first});
  return sum;
}

std::uint64_t GradientRelease::stream(const Layer& layer, std::size_t which) const {
  return steps_ << 32 | layer.param_index(which);
}

void GradientRelease::complete(const Layer& layer, std::size_t which, std::int64_t first_row,
                               Tensor sum) {
  const auto& param = layer.params[which];
  if (held_back(layer)) {
    held_[param.unsafeGetTensorImpl()] = std::move(sum);
    return;
  }
  if (first_row == 0) note_release(layer, which);
  release(layer, which, first_row, std::move(sum));
}

void GradientRelease::note_release(const Layer& layer, std::size_t which) {
  const auto& param = layer.params[which];
  const bool is_new = released_.insert(param.unsafeGetTensorImpl()).second;
  TORCH_CHECK(is_new && !param.grad().defined(), layer.name, ".", layer.param_names[which],
              ": a parameter used twice in a step needs one common clip group");
}

void GradientRelease::weighted_sum(const Layer& layer, std::size_t which, Tensor rows,
                                   const Factors& factors) {
  if (!is_whole(layer, which) || !kernels::releases(layer.params[which], rows)) {
    return SumTarget::weighted_sum(layer, which, std::move(rows), factors);
  }
  note_release(layer, which);
  waiting_.push_back(
      {destination(layer, which), std::move(rows), factors.device, stream(layer, which)});
  waiting_bytes_ += waiting_.back().out.nbytes();
  if (waiting_.size() == kWaiting || waiting_bytes_ >= kWaitingBytes) form_waiting();
}

void GradientRelease::product_sum(const Layer& layer, std::size_t which,
                                  const kernels::LinearOperands& operands, const Factors& factors) {
  if (!is_whole(layer, which) || !kernels::linear_releases(layer.params[which], operands)) {
    return SumTarget::product_sum(layer, which, operands, factors);
  }
  note_release(layer, which);
  const kernels::ReleasedProduct product{destination(layer, which), operands, stream(layer, which)};
  kernels::linear_released_sums_(product, factors,
                                 {.std = static_cast<float>(noise_std()), .seed = options_.seed});
}

void GradientRelease::form_waiting() {
  kernels::release_sums_(waiting_, {.std = static_cast<float>(noise_std()), .seed = options_.seed});
  waiting_.clear();
  waiting_bytes_ = 0;
}

Tensor GradientRelease::destination(const Layer& layer, std::size_t which) {
  const auto& param = layer.params[which];
  auto& grad = param.mutable_grad();
  grad = at::empty_like(param);
  profiler::claim(grad, profiler::Component::gradients, layer.name);
  return grad;
}

void GradientRelease::release(const Layer& layer, std::size_t which, std::int64_t first_row,
                              Tensor sum) {
  const auto& param = layer.params[which];
  if (!sum_is_gradient(param)) {
    const auto grad = first_row == 0 ? destination(layer, which) : param.grad();
    grad.slice(0, first_row, first_row + sum.size(0)).copy_(sum);
    return;
  }
  param.mutable_grad() = std::move(sum);
}

}  // namespace clipbench::bench
