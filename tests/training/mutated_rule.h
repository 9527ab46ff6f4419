// A layer type with one thing wrong: everything but what a mutation overrides is the layer's own
// rule. What autograd differentiates stays right, so the reference does, too.
#pragma once

#include "tests/training/flat_norms.h"

#include <functional>

#include "bench/layers/linear.h"
#include "bench/models/model.h"

namespace clipbench::bench::test {

/// Linear layers get their norms by Gram, as the plan does not know a mutated rule.
class MutatedRule : public Rule {
 public:
  explicit MutatedRule(const Rule& right) : right(right) {}

  Tensor native(const Layer& l, const Tensor& x) const override { return right.native(l, x); }
  Tensor forward(const Layer& l, const Tensor& x, Tensors& saved) const override {
    return right.forward(l, x, saved);
  }
  Tensor input_grad(const Layer& l, const Seen& s) const override { return right.input_grad(l, s); }
  Tensors gradients(const Layer& l, const Seen& s) const override { return right.gradients(l, s); }
  LayerNorms sq_norms(const Layer& layer, const Seen& seen, NormWay) const override {
    auto norms = right.sq_norms(layer, seen, NormWay::gram);
    if (!change_norms) return norms;
    auto flat = kernels::guard(norms.parts);
    change_norms(layer, seen, flat);
    norms.parts = parts_of(flat);
    return norms;
  }
  Tensors magnitudes(const Layer& l, const Seen& s) const override {
    return right.magnitudes(l, s);
  }
  Tensors per_sample_grads(const Layer& l, const Seen& s) const override {
    return right.per_sample_grads(l, s);
  }
  void clipped_sums(const Layer& layer, const Seen& seen, const Factors& factors,
                    SumTarget& target) const override {
    const Seen read = change_sum_operands ? change_sum_operands(seen) : seen;
    if (form_sums) return form_sums(layer, read, factors, target);
    right.clipped_sums(layer, read, factors, target);
  }
  Tensor tied_rows(const Layer& l, const Seen& s) const override { return right.tied_rows(l, s); }
  Tensor tied_product(const Layer& l, const Seen& s, const Tensor& rows) const override {
    return right.tied_product(l, s, rows).mul_(tied_product_share);
  }

  const Rule& right;
  std::function<void(const Layer&, const Seen&, FlatNorms&)> change_norms;
  std::function<Seen(const Seen&)> change_sum_operands;
  std::function<void(const Layer&, const Seen&, const Factors&, SumTarget&)> form_sums;
  double tied_product_share = 1;
};

/// The layer of that name.
inline Layer& layer_named(const Model& model, const std::string& name) {
  for (const auto& layer : model.layers()) {
    if (layer->name == name) return *layer;
  }
  TORCH_CHECK(false, "no layer ", name);
}

}  // namespace clipbench::bench::test
