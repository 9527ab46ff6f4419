#include "bench/layers/embedding.h"

#include <ATen/ops/embedding.h>
#include <ATen/ops/embedding_dense_backward.h>
#include <ATen/ops/zeros.h>
#include <ATen/ops/zeros_like.h>

#include "kernels/embedding.h"
#include "kernels/token_norms.h"
#include "kernels/wide.h"
#include "profiler/observe.h"

namespace clipbench::bench {
namespace {

using profiler::Component;

struct EmbeddingRule final : Rule {
  Tensor native(const Layer& layer, const Tensor& ids) const override {
    return at::embedding(layer.params[0], ids);
  }

  Tensor forward(const Layer& layer, const Tensor& ids, Tensors& saved) const override {
    saved = {ids};
    return native(layer, ids);
  }

  Tensor input_grad(const Layer&, const Seen&) const override { return {}; }

  Tensors gradients(const Layer& layer, const Seen& seen) const override {
    return {
        at::embedding_dense_backward(seen.g, seen.saved[0], layer.params[0].size(0), -1, false)};
  }

  LayerNorms sq_norms(const Layer& layer, const Seen& seen, NormWay) const override {
    const profiler::Scope scope(Component::gram, layer.name);
    const auto m = magnitudes(layer, seen)[0];
    auto sq = kernels::embedding_sq_norms(seen.saved[0], seen.g);
    return {{kernels::width_part(std::move(sq), m, seen.g)}, m, "rows of equal ids merged"};
  }

  Tensors magnitudes(const Layer&, const Seen& seen) const override {
    return {kernels::sum_of_row_norms(seen.g)};
  }

  /// Σ_u ⟨G_e[u], G_h[u]⟩ = Σ_t ⟨g_t, G_h[id_t]⟩: equal ids need no merging.
  Tensor tied_product(const Layer&, const Seen& seen, const Tensor& rows) const override {
    return rows.mul(seen.g).sum(at::IntArrayRef{2}).sum(at::IntArrayRef{1}, false, at::kDouble);
  }

  Tensors per_sample_grads(const Layer& layer, const Seen& seen) const override {
    const auto &ids = seen.saved[0], &g = seen.g;
    auto grads = at::zeros({ids.size(0), layer.params[0].size(0), g.size(2)}, g.options());
    for (std::int64_t b = 0; b < ids.size(0); ++b) {
      grads.select(0, b).index_add_(0, ids.select(0, b), g.select(0, b));
    }
    return {grads};
  }

  void clipped_sums(const Layer& layer, const Seen& seen, const Factors& factors,
                    SumTarget& target) const override {
    const kernels::EmbeddingSum rows(seen.saved[0], seen.g, factors);
    target.form(layer, 0,
                [&](Tensor& sum, std::int64_t first_row) { rows.add_to_(sum, first_row); });
  }
};

struct PositionRule final : Rule {
  Tensor native(const Layer& layer, const Tensor& x) const override {
    return x.add(layer.params[0].slice(0, 0, x.size(1)));
  }

  Tensor forward(const Layer& layer, const Tensor& x, Tensors& saved) const override {
    saved = {};
    return native(layer, x);
  }

  Tensor input_grad(const Layer&, const Seen& seen) const override { return seen.g; }

  Tensors gradients(const Layer& layer, const Seen& seen) const override {
    auto grad = at::zeros_like(layer.params[0]);
    grad.slice(0, 0, seen.g.size(1)).copy_(seen.g.sum(0));
    return {grad};
  }

  LayerNorms sq_norms(const Layer&, const Seen& seen, NormWay) const override {
    const auto sq = kernels::sq_norm_each(seen.g);  // every position occurs once a sample
    return {{kernels::stored_part(sq, seen.g.scalar_type())}, {}, "rows"};
  }

  Tensors magnitudes(const Layer&, const Seen& seen) const override {
    return {kernels::sum_of_row_norms(seen.g)};
  }

  Tensors per_sample_grads(const Layer& layer, const Seen& seen) const override {
    const auto& g = seen.g;
    auto grads = at::zeros({g.size(0), layer.params[0].size(0), g.size(2)}, g.options());
    grads.slice(1, 0, g.size(1)).copy_(g);
    return {grads};
  }

  void clipped_sums(const Layer& layer, const Seen& seen, const Factors& factors,
                    SumTarget& target) const override {
    target.weighted_sum(layer, 0, seen.g, factors);  // rows beyond T keep their noise
  }
};

}  // namespace

const Rule& embedding_rule() {
  static const EmbeddingRule rule;
  return rule;
}

const Rule& position_rule() {
  static const PositionRule rule;
  return rule;
}

}  // namespace clipbench::bench
