#include "bench/layers/linear.h"

#include <optional>

#include <ATen/ops/bmm.h>
#include <ATen/ops/linear.h>
#include <ATen/ops/matmul.h>
#include <ATen/ops/mm.h>
#include <ATen/ops/sum.h>

#include "kernels/linear_norms.h"
#include "kernels/linear_sum.h"
#include "profiler/observe.h"

namespace clipbench::bench {
namespace {

using profiler::Component;

bool has_bias(const Layer& layer) { return layer.params.size() > 1; }

Tensor weight_sq_norms(const Tensor& a, const Tensor& g, NormWay way) {
  if (way == NormWay::mixed) way = mixed_way(a.size(1), a.size(2), g.size(2));
  switch (way) {
    case NormWay::gram:
      return kernels::linear_sq_norms_gram(a, g);
    case NormWay::tiled:
      return kernels::linear_sq_norms_tiled(a, g);
    default:
      return kernels::linear_sq_norms_materialise(a, g);
  }
}

struct LinearRule final : Rule {
  Tensor native(const Layer& layer, const Tensor& x) const override {
    std::optional<Tensor> bias;
    if (has_bias(layer)) bias = layer.params[1];
    return at::linear(x, layer.params[0], bias);
  }

  Tensor forward(const Layer& layer, const Tensor& x, Tensors& saved) const override {
    saved = {x, layer.params[0]};
    return native(layer, x);
  }

  Tensor input_grad(const Layer&, const Seen& seen) const override {
    return at::matmul(seen.g, seen.saved[1]);
  }

  Tensors gradients(const Layer& layer, const Seen& seen) const override {
    const auto &a = seen.saved[0], &g = seen.g;
    Tensors grads{at::mm(g.reshape({-1, g.size(2)}).t(), a.reshape({-1, a.size(2)}))};
    if (has_bias(layer)) grads.push_back(g.reshape({-1, g.size(2)}).sum(at::IntArrayRef{0}));
    return grads;
  }

  Tensor sq_norms(const Layer& layer, const Seen& seen, NormWay way) const override {
    const profiler::Scope scope(
        way == NormWay::materialise ? Component::per_sample_gradients : Component::gram,
        layer.name);
    auto out = weight_sq_norms(seen.saved[0], seen.g, way);
    if (has_bias(layer)) out.add_(kernels::bias_sq_norms(seen.g));
    return out;
  }

  Tensors per_sample_grads(const Layer& layer, const Seen& seen) const override {
    Tensors grads{at::bmm(seen.g.transpose(1, 2), seen.saved[0])};
    if (has_bias(layer)) grads.push_back(seen.g.sum(1));
    return grads;
  }

  void clipped_sums(const Layer& layer, const Seen& seen, const Factors& factors,
                    SumTarget& target) const override {
    target.form(layer, 0, [&](Tensor& sum, std::int64_t first_row) {
      kernels::linear_clipped_sum_(sum, seen.saved[0], seen.g, factors, first_row);
    });
    if (!has_bias(layer)) return;
    target.form(layer, 1, [&](Tensor& sum, std::int64_t first_row) {
      kernels::bias_clipped_sum_(sum, seen.g.slice(2, first_row, first_row + sum.size(0)), factors);
    });
  }

  Deferred defer(const Layer& layer, Seen seen) const override {
    seen.saved.resize(1);  // the weight is not needed any more
    return Rule::defer(layer, std::move(seen));
  }
};

}  // namespace

const Rule& linear_rule() {
  static const LinearRule rule;
  return rule;
}

NormWay mixed_way(std::int64_t T, std::int64_t p, std::int64_t d) {
  return 2 * T * T < p * d ? NormWay::gram : NormWay::materialise;
}

}  // namespace clipbench::bench
