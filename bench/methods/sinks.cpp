#include "bench/methods/sinks.h"

#include "kernels/wide.h"
#include "profiler/observe.h"

namespace clipbench::bench {

using profiler::Component;

Tensors GradSink::visit(const Layer& layer, Seen seen) {
  return layer.rule->gradients(layer, seen);
}

Tensors NormSink::visit(const Layer& layer, Seen seen) {
  sq_norms.add_(layer.rule->sq_norms(layer, seen, way));
  return {};
}

Tensors KeepSink::visit(const Layer& layer, Seen seen) {
  sq_norms.add_(layer.rule->sq_norms(layer, seen, way));
  kept.emplace_back(&layer, layer.rule->defer(layer, std::move(seen)));
  return {};
}

Tensors StoreSink::visit(const Layer& layer, Seen seen) {
  Tensors grads;
  {
    const profiler::Scope scope(Component::per_sample_gradients, layer.name);
    grads = layer.rule->per_sample_grads(layer, seen);
  }
  for (const auto& grad : grads) sq_norms.add_(kernels::sq_norm_each(grad));
  stored.emplace_back(&layer, std::move(grads));
  return {};
}

Tensors SumSink::visit(const Layer& layer, Seen seen) {
  layer.rule->clipped_sums(layer, seen, factors, target);
  return {};
}

Tensors ClipNowSink::visit(const Layer& layer, Seen seen) {
  const auto norms = layer.rule->sq_norms(layer, seen, way).sqrt_();
  const auto factors = kernels::make_factors(clip(norms, group_clip_norm), expected_batch);
  layer.rule->clipped_sums(layer, seen, factors, target);
  return {};
}

}  // namespace clipbench::bench
