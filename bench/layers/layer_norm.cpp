#include "bench/layers/layer_norm.h"

#include <array>
#include <cmath>

#include <ATen/ops/layer_norm.h>
#include <ATen/ops/native_layer_norm.h>
#include <ATen/ops/native_layer_norm_backward.h>

#include "kernels/layer_norm.h"
#include "kernels/token_norms.h"
#include "kernels/wide.h"

namespace clipbench::bench {
namespace {

constexpr double kEps = 1e-5;

auto native_backward(const Layer& layer, const Seen& seen, std::array<bool, 3> wanted) {
  return at::native_layer_norm_backward(seen.g, seen.saved[0], {seen.g.size(-1)}, seen.saved[1],
                                        seen.saved[2], layer.params[0], layer.params[1], wanted);
}

struct LayerNormRule final : Rule {
  Tensor native(const Layer& layer, const Tensor& x) const override {
    return at::layer_norm(x, {x.size(-1)}, layer.params[0], layer.params[1], kEps);
  }

  Tensor forward(const Layer& layer, const Tensor& x, Tensors& saved) const override {
    auto [y, mean, rstd] =
        at::native_layer_norm(x, {x.size(-1)}, layer.params[0], layer.params[1], kEps);
    saved = {x, mean, rstd};
    return y;
  }

  Tensor input_grad(const Layer& layer, const Seen& seen) const override {
    return std::get<0>(native_backward(layer, seen, {true, false, false}));
  }

  Tensors gradients(const Layer& layer, const Seen& seen) const override {
    auto [input, weight, bias] = native_backward(layer, seen, {false, true, true});
    return {weight, bias};
  }

  LayerNorms sq_norms(const Layer&, const Seen& seen, NormWay) const override {
    return norms_of(seen, gradients_of(seen, /*magnitude=*/true));
  }

  /// Σ_t ‖g_t‖√d, as the normalised inputs have ‖x̂_t‖ ≤ √d, and Σ_t ‖g_t‖.
  Tensors magnitudes(const Layer&, const Seen& seen) const override {
    const auto bias = kernels::sum_of_row_norms(seen.g);
    return {bias.mul(root_of_columns(seen)), bias};
  }

  Tensors per_sample_grads(const Layer& layer, const Seen& seen) const override {
    auto grads = wide_per_sample_grads(layer, seen);
    for (auto& grad : grads) grad = grad.to(seen.g.scalar_type());
    return grads;
  }

  void clipped_sums(const Layer& layer, const Seen& seen, const Factors& factors,
                    SumTarget& target) const override {
    sum_rows(layer, wide_per_sample_grads(layer, seen), factors, target);
  }

  /// 2·B·d numbers: less than x and g, and all that is needed.
  KeptLayer keep(const Layer& layer, Seen seen, NormWay) const override {
    const auto gradients = gradients_of(seen, /*magnitude=*/true);
    Tensors rows{gradients.weight, gradients.bias};
    for (const auto& of_param : rows) claim_kept(layer, of_param);
    return {norms_of(seen, gradients),
            [&layer, rows = std::move(rows)](const Factors& factors, SumTarget& target) {
              sum_rows(layer, rows, factors, target);
            }};
  }

 private:
  static double root_of_columns(const Seen& seen) {
    return std::sqrt(static_cast<double>(seen.g.size(2)));
  }

  static kernels::LayerNormGradients gradients_of(const Seen& seen, bool magnitude) {
    return kernels::layer_norm_sample_gradients(seen.saved[0], seen.saved[1], seen.saved[2], seen.g,
                                                magnitude);
  }

  static LayerNorms norms_of(const Seen& seen, const kernels::LayerNormGradients& found) {
    return {
        {kernels::width_part(found.sq_norms, found.magnitude, seen.g)}, {}, "per-sample gradients"};
  }

  /// {weight, bias} gradients [B,d] each, in wide_dtype.
  static Tensors wide_per_sample_grads(const Layer&, const Seen& seen) {
    auto gradients = gradients_of(seen, /*magnitude=*/false);
    return {std::move(gradients.weight), std::move(gradients.bias)};
  }

  static void sum_rows(const Layer& layer, const Tensors& grads, const Factors& factors,
                       SumTarget& target) {
    for (std::size_t which = 0; which < grads.size(); ++which) {
      target.weighted_sum(layer, which, grads[which], factors);
    }
  }
};

}  // namespace

const Rule& layer_norm_rule() {
  static const LayerNormRule rule;
  return rule;
}

}  // namespace clipbench::bench
