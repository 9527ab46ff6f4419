#include "bench/methods/checking_sink.h"

#include <algorithm>

#include <ATen/ops/linalg_vector_norm.h>
#include <ATen/ops/zeros.h>

#include "bench/layers/linear.h"
#include "kernels/sample_sums.h"
#include "kernels/wide.h"

namespace clipbench::bench {
namespace {

constexpr std::int64_t kKappaSamples = 2;

/// Samples [begin, end) of what a layer saw, floating point in f64.
Seen samples_of(const Layer& layer, const Seen& seen, std::int64_t begin, std::int64_t end) {
  const auto some = [&](const Tensor& t) {
    const bool is_param = t.data_ptr() == layer.params[0].data_ptr();
    if (is_param || t.dim() == 0) return t;
    const auto slice = t.slice(0, begin, end);
    return slice.is_floating_point() ? slice.to(at::kDouble) : slice;
  };
  Seen samples{{}, some(seen.g)};
  for (const auto& saved : seen.saved) samples.saved.push_back(some(saved));
  return samples;
}

/// Bytes of a sample's gradients and operands in f64.
std::int64_t scratch_bytes(const Layer& layer, const Seen& seen) {
  std::int64_t elements = seen.g.numel() / seen.g.size(0);
  for (const auto& saved : seen.saved) elements += saved.numel() / seen.g.size(0);
  for (const auto& param : layer.params) elements += param.numel();
  return 8 * elements;
}

/// [n] of gradients [n,…] f64.
Tensor sq_norms(const Tensor& gradients) {
  return at::linalg_vector_norm(gradients.flatten(1), 2, at::IntArrayRef{1}).square_();
}

/// ‖|A_i|ᵀ|G_i|‖² of samples [begin, end). Nothing cancels in it: f32 sums are exact enough.
Tensor absolute_sq_norms(const Seen& seen, std::int64_t begin, std::int64_t end) {
  const auto a = seen.saved[0].slice(0, begin, end).abs(), g = seen.g.slice(0, begin, end).abs();
  return kernels::sq_norm_each(kernels::bmm_wide(g.transpose(1, 2), a));
}

}  // namespace

Tensors CheckingSink::visit(const Layer& layer, Seen seen) {
  auto out = inner_.visit(layer, seen);
  const auto* norms = inner_.last_norms();
  if (!layer.owns_params()) {  // complete at the owner
    first_uses_[layer.tied_to] = {&layer, seen, norms ? norms->parts : Parts{}};
    return out;
  }
  const auto exact = examine(layer, seen);
  if (norms) evidence_.compare_norms(layer, with_first_use(layer, norms->parts), exact);
  first_uses_.erase(&layer);
  return out;
}

Tensor CheckingSink::examine(const Layer& layer, const Seen& seen) {
  const auto B = seen.g.size(0);
  const auto chunk_bytes = std::int64_t{seen.g.is_cuda() ? 1 << 30 : 256 << 20};
  auto exact = at::zeros({B}, seen.g.options().dtype(at::kDouble));
  const auto* tiles = inner_.last_tiles();
  const bool sums = tiles != nullptr || inner_.sums_operands();
  const auto visit_chunk = [&](std::int64_t begin, std::int64_t end) {
    const auto gradients = gradients_of(layer, seen, begin, end);
    for (std::size_t k = 0; k < gradients.size(); ++k) {
      exact.slice(0, begin, end).add_(sq_norms(gradients[k]));
      if (sums) evidence_.add_contributions(layer, k, begin, gradients[k]);
    }
  };
  kernels::for_sample_chunks(B, scratch_bytes(layer, seen), visit_chunk, chunk_bytes);
  if (!sums) return exact;
  evidence_.add_contribution_norms(layer, exact);
  add_magnitudes(layer, seen, tiles, exact);
  return exact;
}

void CheckingSink::add_magnitudes(const Layer& layer, const Seen& seen, const Tensors* tiles,
                                  const Tensor& exact) {
  if (tiles) {  // only their sum over samples rounds
    const Tensors norms(tiles->size(), exact.sqrt());
    evidence_.add_magnitudes(layer, norms, kernels::sum_error(seen.g, exact.size(0)));
    return;
  }
  const auto error = kernels::sum_error(seen.g, /*length=*/seen.g.size(1));
  evidence_.add_magnitudes(layer, layer.rule->magnitudes(layer, seen), error);
  if (const auto* use = first_use(layer)) {
    evidence_.add_magnitudes(layer, use->layer->rule->magnitudes(*use->layer, use->seen), error);
  }
}

Tensors CheckingSink::gradients_of(const Layer& layer, const Seen& seen, std::int64_t begin,
                                   std::int64_t end) {
  if (const auto* tiles = inner_.last_tiles()) {
    Tensors out;
    for (const auto& tile : *tiles) out.push_back(tile.slice(0, begin, end).to(at::kDouble));
    return out;
  }
  auto gradients = operand_gradients(layer, seen, begin, end);
  if (const auto* use = first_use(layer)) {
    gradients[0].add_(operand_gradients(*use->layer, use->seen, begin, end)[0]);
  }
  return gradients;
}

Tensors CheckingSink::operand_gradients(const Layer& layer, const Seen& seen, std::int64_t begin,
                                        std::int64_t end) {
  auto gradients = layer.rule->per_sample_grads(layer, samples_of(layer, seen, begin, end));
  const auto last = std::min(kKappaSamples, end);
  if (begin < last && layer.rule == &linear_rule() && inner_.last_norms()) {
    evidence_.add_kappa(layer, absolute_sq_norms(seen, begin, last),
                        sq_norms(gradients[0].slice(0, 0, last - begin)));
  }
  return gradients;
}

const CheckingSink::FirstUse* CheckingSink::first_use(const Layer& owner) const {
  const auto first = first_uses_.find(&owner);
  return first == first_uses_.end() ? nullptr : &first->second;
}

kernels::SqNorms CheckingSink::with_first_use(const Layer& owner, Parts parts) const {
  if (const auto* use = first_use(owner)) {
    parts.insert(parts.end(), use->norms.begin(), use->norms.end());
  }
  return kernels::guard(parts);
}

}  // namespace clipbench::bench
