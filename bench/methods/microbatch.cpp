#include <ATen/ops/cat.h>
#include <ATen/ops/ones_like.h>

#include "bench/methods/passes.h"
#include "kernels/factors.h"
#include "kernels/wide.h"
#include "profiler/observe.h"

namespace clipbench::bench {
namespace {

using profiler::begin_phase;
using profiler::Component;

/// [1]: the norm over all of the parameters' gradients.
Tensor gradient_norm(const Tensors& params) {
  Tensor sq_norm;
  for (const auto& param : params) {
    const auto one = kernels::sq_norm_each(param.grad().unsqueeze(0));
    sq_norm = sq_norm.defined() ? sq_norm.add_(one) : one.clone();
  }
  return sq_norm.sqrt();
}

/// One sample at a time through native autograd. Subclasses say what one sample's gradients are
/// multiplied with.
class Microbatch : public Schedule {
 public:
  explicit Microbatch(Clipping clipping) : clipping_(std::move(clipping)) {}

 protected:
  /// {norm, factor} of the sample's gradients; scales them in place where a group has a factor of
  /// its own.
  virtual std::pair<Tensor, Tensor> clip_sample(const Model& model) const {
    const auto norm = gradient_norm(model.parameters());
    return {norm, clipping_.clip(norm, clipping_.clip_norm)};
  }

  Clipping clipping_;

 private:
  using Sums = std::vector<std::pair<const Layer*, Tensors>>;

  Gradients do_step(const Model& model, const Batch& batch, GradientRelease& release) override {
    Tensors losses, norms, factors;
    auto sums = empty_sums(model, release);
    for (std::int64_t i = 0; i < batch.size(); ++i) {
      const auto loss = forward(model, batch.samples(i, i + 1), nullptr);
      if (i == 0) profiler::snapshot("after_forward");
      backward_per_sample("backward", loss, /*keep_graph=*/false);
      begin_phase("clip");
      const auto [norm, factor] = clip_sample(model);
      add_sample(sums, kernels::make_factors(factor, release.expected_batch()).host[0]);
      model.zero_grad();
      losses.push_back(loss.detach());
      norms.push_back(norm);
      factors.push_back(factor);
    }
    for (auto& [layer, tensors] : sums) {
      for (std::size_t k = 0; k < tensors.size(); ++k)
        release.complete(*layer, k, 0, std::move(tensors[k]));
    }
    return {at::cat(losses), at::cat(norms), at::cat(factors)};
  }

  static Sums empty_sums(const Model& model, GradientRelease& release) {
    Sums sums;
    for (const auto& layer : model.layers()) {
      Tensors tensors;
      for (std::size_t k = 0; k < layer->params.size(); ++k) {
        tensors.push_back(release.accumulator(*layer, k, 0, layer->params[k].size(0)));
        profiler::claim(tensors.back(), Component::gradients, layer->name);
      }
      sums.emplace_back(layer.get(), std::move(tensors));
    }
    return sums;
  }

  static void add_sample(Sums& sums, double factor) {
    if (factor == 0) return;  // a gradient with NaN in it is not read
    for (auto& [layer, tensors] : sums) {
      for (std::size_t k = 0; k < tensors.size(); ++k)
        tensors[k].add_(layer->params[k].grad(), factor);
    }
  }
};

class MicrobatchPerLayer final : public Microbatch {
 public:
  using Microbatch::Microbatch;

 private:
  std::pair<Tensor, Tensor> clip_sample(const Model& model) const override {
    const auto group = group_clipping(clipping_, model);
    Tensor factor;
    for (const auto& layer : model.layers()) {
      factor = group.clip(gradient_norm(layer->params), group.clip_norm);
      for (const auto& param : layer->params) param.mutable_grad().mul_(factor);
    }
    return {factor, at::ones_like(factor)};
  }
};

}  // namespace

std::unique_ptr<Schedule> make_microbatch(Clipping clipping) {
  return std::make_unique<Microbatch>(std::move(clipping));
}

std::unique_ptr<Schedule> make_microbatch_per_layer(Clipping clipping) {
  return std::make_unique<MicrobatchPerLayer>(std::move(clipping));
}

}  // namespace clipbench::bench
