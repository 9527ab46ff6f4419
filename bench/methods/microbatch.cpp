#include <ATen/ops/cat.h>

#include "bench/methods/passes.h"
#include "kernels/norm_guard.h"
#include "kernels/wide.h"
#include "profiler/observe.h"

namespace clipbench::bench {
namespace {

/// [1]: squared norms of the parameters' gradients; there may be none of a parameter that the
/// sample does not use.
std::vector<kernels::NormPart> gradient_norms(const Model& model) {
  std::vector<kernels::NormPart> parts;
  for (const auto& param : model.parameters()) {
    if (!param.grad().defined()) continue;
    parts.push_back(kernels::stored_part(kernels::sq_norm_each(param.grad().unsqueeze(0)),
                                         param.scalar_type()));
  }
  return parts;
}

/// One sample at a time through native autograd.
class Microbatch final : public Schedule {
 public:
  explicit Microbatch(Clipping clipping) : clipping_(std::move(clipping)) {}

 private:
  using Sums = std::vector<std::pair<const Layer*, Tensors>>;

  Gradients do_step(const Model& model, const Batch& batch, GradientRelease& release,
                    std::int64_t) override {
    Tensors losses, norms, raw_norms, factors;
    auto sums = open_sums(model, release);
    for (std::int64_t i = 0; i < batch.size(); ++i) {
      const auto loss = forward(model, batch.samples(i, i + 1), nullptr);
      if (i == 0) profiler::snapshot("after_forward");
      backward_per_sample("backward", loss, /*keep_graph=*/false);
      const auto one = clip_all(clipping_, loss, gradient_norms(model));
      add_sample(sums, sum_factors(one.factors, loss, release).host()[0]);
      model.zero_grad();
      losses.push_back(one.losses);
      norms.push_back(one.norms);
      raw_norms.push_back(one.raw_norms);
      factors.push_back(one.factors);
    }
    for (auto& [layer, tensors] : sums) {
      for (std::size_t k = 0; k < tensors.size(); ++k)
        release.complete(*layer, k, 0, std::move(tensors[k]));
    }
    return {at::cat(losses), at::cat(norms), at::cat(raw_norms), at::cat(factors)};
  }

  static Sums open_sums(const Model& model, GradientRelease& release) {
    Sums sums;
    for (const auto& layer : model.layers()) {
      if (!layer->owns_params()) continue;
      Tensors tensors;
      for (std::size_t k = 0; k < layer->params.size(); ++k) {
        tensors.push_back(release.accumulator(*layer, k, 0, layer->params[k].size(0)));
      }
      sums.emplace_back(layer.get(), std::move(tensors));
    }
    return sums;
  }

  static void add_sample(Sums& sums, double factor) {
    if (factor == 0) return;  // a gradient with NaN in it is not read
    for (auto& [layer, tensors] : sums) {
      for (std::size_t k = 0; k < tensors.size(); ++k) {
        const auto& gradient = layer->params[k].grad();
        if (gradient.defined()) tensors[k].add_(gradient, factor);
      }
    }
  }

  Clipping clipping_;
};

}  // namespace

std::unique_ptr<Schedule> make_microbatch(Clipping clipping) {
  return std::make_unique<Microbatch>(std::move(clipping));
}

}  // namespace clipbench::bench
