#include "bench/methods/sinks.h"

#include "kernels/wide.h"
#include "profiler/observe.h"

namespace clipbench::bench {

using profiler::Component;

Tensors GradSink::visit(const Layer& layer, Seen seen) {
  return layer.rule->gradients(layer, seen);
}

void NormSink::add(const Layer& layer, const Seen& seen, LayerNorms norms) {
  last = std::move(norms);
  if (layer.tied_to != nullptr) {
    auto rows = layer.rule->tied_rows(layer, seen);
    profiler::claim(rows, Component::gram, layer.name);
    first_uses_[layer.tied_to] = {std::move(rows), last.tied_magnitude};
  }
  if (layer.has_tie) {
    const auto first = std::move(first_uses_.at(&layer));
    first_uses_.erase(&layer);
    const auto product = layer.rule->tied_product(layer, seen, first.rows);
    last.parts.push_back(
        kernels::cross_part(product, first.magnitude, last.tied_magnitude, seen.g));
  }
  collect(layer);
}

void NormSink::collect(const Layer& layer) {
  note(path, layer, last.path);
  for (const auto& part : last.parts) {
    profiler::claim(part.sq, Component::norms);
    if (part.magnitude.defined()) profiler::claim(part.magnitude, Component::norms);
    parts.push_back(part);
  }
}

Tensors NormSink::visit(const Layer& layer, Seen seen) {
  add(layer, seen, layer.rule->sq_norms(layer, seen, way_of(plan, layer)));
  return {};
}

Tensors KeepSink::visit(const Layer& layer, Seen seen) {
  if (const auto way = way_of(plan, layer); is_stored(way)) {
    store(layer, seen, way);
  } else {
    auto [norms, sums] = layer.rule->keep(layer, seen, way);
    add(layer, seen, std::move(norms));
    kept.push_back({&layer, std::move(sums), {}});
  }
  return {};
}

const Tensors* KeepSink::last_tiles() const {
  return kept.back().samples.empty() ? nullptr : &kept.back().samples;
}

void KeepSink::Kept::form_sums(const Factors& factors, SumTarget& target) {
  const profiler::Scope scope(Component::workspace, layer->name);
  if (deferred) return deferred(factors, target);
  for (std::size_t which = 0; which < samples.size(); ++which) {
    target.weighted_sum(*layer, which, std::move(samples[which]), factors);
  }
}

void KeepSink::store(const Layer& layer, const Seen& seen, NormWay way) {
  StoredGradients found;
  {
    const profiler::Scope scope(Component::per_sample_gradients, layer.name);
    found = layer.rule->stored(layer, seen, way);
  }
  last = {{}, {}, found.path};
  if (!layer.owns_params()) {  // its norm is known at the owner
    first_tiles_[layer.tied_to] = std::move(found.gradients);
    return collect(layer);
  }
  if (layer.has_tie) merge_tie(layer, found);
  last.parts = std::move(found.norms);
  collect(layer);
  kept.push_back({&layer, {}, std::move(found.gradients)});
}

void KeepSink::merge_tie(const Layer& owner, StoredGradients& found) {
  const auto first = first_tiles_.find(&owner);
  auto& gradient = found.gradients[0].add_(first->second[0]);
  found.norms = {kernels::stored_part(kernels::sq_norm_each(gradient), gradient.scalar_type())};
  first_tiles_.erase(first);
}

Tensors SumSink::visit(const Layer& layer, Seen seen) {
  const profiler::Scope scope(Component::workspace, layer.name);
  layer.rule->clipped_sums(layer, seen, factors, target);
  return {};
}

Tensors ClipNowSink::visit(const Layer& layer, Seen seen) {
  last = layer.rule->sq_norms(layer, seen, way_of(plan, layer));
  note(path, layer, last.path);
  const auto sq_norms = kernels::guard(last.parts);
  Group group{sq_norms.safe_sq.sqrt(), sq_norms.sq.clamp_min(0).sqrt(), {}};
  group.factors = clip(group.norms, group_clip_norm);
  const auto sum_dtype = kernels::wide_dtype(seen.g.scalar_type());
  const auto factors = kernels::make_factors(group.factors, expected_batch, sum_dtype);
  const profiler::Scope scope(Component::workspace, layer.name);
  layer.rule->clipped_sums(layer, seen, factors, target);
  groups.emplace(&layer, std::move(group));
  return {};
}

}  // namespace clipbench::bench
