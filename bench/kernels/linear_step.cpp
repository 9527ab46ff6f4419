#include "bench/kernels/linear_step.h"

#include <ATen/ops/empty.h>
#include <ATen/ops/empty_like.h>
#include <ATen/ops/mm.h>
#include <ATen/ops/rand.h>
#include <ATen/ops/randn.h>
#include <ATen/ops/zeros.h>

#include <algorithm>

#include "bench/kernels/bench_device.h"
#include "kernels/cost.h"
#include "kernels/linear_sum.h"
#include "kernels/noise.h"
#include "kernels/sample_sums.h"

namespace clipbench::bench {
namespace {

using Some = std::vector<std::size_t>;

at::Tensor rows(const at::Tensor& t) { return t.view({t.size(0) * t.size(1), t.size(2)}); }

Some layers_with(NormWay way, const std::vector<NormWay>& ways) {
  Some some;
  for (std::size_t i = 0; i < ways.size(); ++i) {
    if (ways[i] == way) some.push_back(i);
  }
  return some;
}

}  // namespace

LinearStep::LinearStep(std::int64_t B, std::int64_t T, const std::vector<LayerShape>& shapes) {
  const auto options = bench_options();
  for (const auto& [p, d] : shapes) {
    layers_.push_back({at::randn({B, T, p}, options), at::randn({B, T, d}, options)});
    weights_.push_back(at::randn({d, p}, options));
    outputs_.push_back(at::empty({B * T, d}, options));
    input_grads_.push_back(at::empty({B * T, p}, options));
    weight_grads_.push_back(at::empty({d, p}, options));
    sums_.push_back(at::zeros({d, p}, options.dtype(at::kFloat)));
    flops_ += 3 * kernels::weight_gradient_cost({B, T, p, d}).flops;
  }
  factors_ =
      kernels::make_factors(at::rand({B}, options.dtype(at::kFloat)).add_(0.1), 1, at::kFloat);
}

void LinearStep::forward_and_input_grads() {
  for (std::size_t i = 0; i < layers_.size(); ++i)
    at::mm_out(outputs_[i], rows(layers_[i].a), weights_[i].t());
  for (std::size_t i = layers_.size(); i-- > 0;)
    at::mm_out(input_grads_[i], rows(layers_[i].g), weights_[i]);
}

void LinearStep::vanilla() {
  forward_and_input_grads();
  for (std::size_t i = 0; i < layers_.size(); ++i)
    at::mm_out(weight_grads_[i], rows(layers_[i].g).t(), rows(layers_[i].a));
}

void LinearStep::clipped(const std::vector<NormWay>& ways) {
  forward_and_input_grads();
  Some summed;
  for (const auto way : {NormWay::none, NormWay::fused_gram, NormWay::width, NormWay::gram}) {
    const auto some = layers_with(way, ways);
    if (!some.empty()) norms_of(way, some);
    summed.insert(summed.end(), some.begin(), some.end());
  }
  const auto stored = layers_with(NormWay::stored_fused, ways);
  TORCH_CHECK(stored.size() + summed.size() == layers_.size(), "a way for each of ", layers_.size(),
              " layers is needed");
  if (!stored.empty()) store_and_sum(stored);
  if (!summed.empty()) clipped_sums(summed);
}

void LinearStep::norms_of(NormWay way, const Some& some) const {
  const auto layers = operands(some);
  if (way == NormWay::fused_gram) kernels::linear_sq_norms_fused_gram(layers);
  if (way == NormWay::width) kernels::linear_sq_norms_width(layers);
  if (way != NormWay::gram) return;
  for (const auto& [a, g] : layers) kernels::linear_sq_norms_gram(a, g);
}

void LinearStep::store_and_sum(const Some& some) {
  const auto stored = kernels::linear_stored_gradients(operands(some));
  std::vector<kernels::SumToRelease> sums;
  for (std::size_t k = 0; k < some.size(); ++k) {
    const auto& gradients = stored[k].gradients;
    if (kernels::releases(weight_grads_[some[k]], gradients)) {
      sums.push_back({weight_grads_[some[k]], gradients, factors_.device, /*noise_stream=*/0});
    } else {
      kernels::weighted_sum_(sums_[some[k]], gradients, factors_);
    }
  }
  kernels::release_sums_(sums, kernels::Noise{});
}

void LinearStep::clipped_sums(const Some& some) const {
  std::vector<kernels::ReleasedProduct> released;
  std::vector<at::Tensor> sums;
  std::vector<kernels::LinearOperands> summed;
  for (const auto i : some) {
    if (kernels::linear_releases(weight_grads_[i], layers_[i])) {
      released.push_back({weight_grads_[i], layers_[i], i});
    } else {
      sums.push_back(sums_[i]);
      summed.push_back(layers_[i]);
    }
  }
  if (!released.empty()) kernels::linear_released_sums_(released, factors_, kernels::Noise{});
  if (!summed.empty()) kernels::linear_clipped_sums_(sums, summed, factors_);
}

double LinearStep::sum_error(const std::vector<NormWay>& ways) {
  for (auto& sum : sums_) sum.zero_();
  for (auto& grad : weight_grads_) grad.zero_();
  clipped(ways);
  double worst = 0;
  for (std::size_t i = 0; i < layers_.size(); ++i) {
    if (expected_.size() == i) expected_.push_back(expected_sum(i));
    const auto found = sums_[i].to(at::kDouble).add_(weight_grads_[i]);  // one of them is 0
    const auto error = found.sub_(expected_[i]).norm().div(expected_[i].norm());
    worst = std::max(worst, error.item<double>());
  }
  return worst;
}

at::Tensor LinearStep::expected_sum(std::size_t layer) const {
  const auto& [a, g] = layers_[layer];
  const auto factors = factors_.device.to(at::kDouble).view({-1, 1, 1});
  return at::mm(rows(g.to(at::kDouble).mul_(factors)).t(), rows(a.to(at::kDouble)));
}

std::vector<kernels::LinearOperands> LinearStep::operands(const Some& some) const {
  std::vector<kernels::LinearOperands> layers;
  for (const auto i : some) layers.push_back(layers_[i]);
  return layers;
}

}  // namespace clipbench::bench
