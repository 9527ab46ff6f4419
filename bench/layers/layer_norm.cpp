#include "bench/layers/layer_norm.h"

#include <array>
#include <cmath>
#include <tuple>

#include <ATen/ops/_fused_rms_norm.h>
#include <ATen/ops/_fused_rms_norm_backward.h>
#include <ATen/ops/layer_norm.h>
#include <ATen/ops/native_layer_norm.h>
#include <ATen/ops/native_layer_norm_backward.h>
#include <ATen/ops/rms_norm.h>

#include "kernels/layer_norm.h"
#include "kernels/token_norms.h"
#include "kernels/wide.h"

namespace clipbench::bench {
namespace {

constexpr double kEps = 1e-5;

/// saved: x, then rstd and, of a layer norm, mean: B·T values each.
struct NormRule : Rule {
  LayerNorms sq_norms(const Layer&, const Seen& seen, NormWay) const override {
    return norms_of(seen, gradients_of(seen, /*magnitude=*/true));
  }

  /// Σ_t ‖g_t‖√d, as the normalised inputs have ‖x̂_t‖ ≤ √d, and Σ_t ‖g_t‖.
  Tensors magnitudes(const Layer& layer, const Seen& seen) const override {
    const auto bias = kernels::sum_of_row_norms(seen.g);
    Tensors m{bias.mul(std::sqrt(static_cast<double>(seen.g.size(2))))};
    if (has_bias(layer)) m.push_back(bias);
    return m;
  }

  Tensors per_sample_grads(const Layer&, const Seen& seen) const override {
    auto grads = rows_of(gradients_of(seen, /*magnitude=*/false));
    for (auto& grad : grads) grad = grad.to(seen.g.scalar_type());
    return grads;
  }

  void clipped_sums(const Layer& layer, const Seen& seen, const Factors& factors,
                    SumTarget& target) const override {
    sum_rows(layer, rows_of(gradients_of(seen, /*magnitude=*/false)), factors, target);
  }

  /// B·d numbers a parameter: less than x and g, and all that is needed.
  KeptLayer keep(const Layer& layer, Seen seen, NormWay) const override {
    const auto gradients = gradients_of(seen, /*magnitude=*/true);
    auto rows = rows_of(gradients);
    for (const auto& of_param : rows) claim_kept(layer, of_param);
    return {norms_of(seen, gradients),
            [&layer, rows = std::move(rows)](const Factors& factors, SumTarget& target) {
              sum_rows(layer, rows, factors, target);
            }};
  }

 private:
  static bool has_bias(const Layer& layer) { return layer.params.size() > 1; }

  static kernels::LayerNormGradients gradients_of(const Seen& seen, bool magnitude) {
    const auto mean = seen.saved.size() > 2 ? seen.saved[2] : Tensor();
    return kernels::layer_norm_sample_gradients(seen.saved[0], mean, seen.saved[1], seen.g,
                                                magnitude);
  }

  static LayerNorms norms_of(const Seen& seen, const kernels::LayerNormGradients& found) {
    return {
        {kernels::width_part(found.sq_norms, found.magnitude, seen.g)}, {}, "per-sample gradients"};
  }

  /// Gradients [B,d] of the weight and, where there is one, the bias, in wide_dtype.
  static Tensors rows_of(const kernels::LayerNormGradients& found) {
    Tensors rows{found.weight};
    if (found.bias.defined()) rows.push_back(found.bias);
    return rows;
  }

  static void sum_rows(const Layer& layer, const Tensors& rows, const Factors& factors,
                       SumTarget& target) {
    for (std::size_t which = 0; which < rows.size(); ++which) {
      target.weighted_sum(layer, which, rows[which], factors);
    }
  }
};

struct LayerNormRule final : NormRule {
  Tensor native(const Layer& layer, const Tensor& x) const override {
    return at::layer_norm(x, {x.size(-1)}, layer.params[0], layer.params[1], kEps);
  }

  Tensor forward(const Layer& layer, const Tensor& x, Tensors& saved) const override {
    auto [y, mean, rstd] =
        at::native_layer_norm(x, {x.size(-1)}, layer.params[0], layer.params[1], kEps);
    saved = {x, rstd, mean};
    return y;
  }

  Tensor input_grad(const Layer& layer, const Seen& seen) const override {
    return std::get<0>(backward(layer, seen, {true, false, false}));
  }

  Tensors gradients(const Layer& layer, const Seen& seen) const override {
    auto [input, weight, bias] = backward(layer, seen, {false, true, true});
    return {weight, bias};
  }

 private:
  static std::tuple<Tensor, Tensor, Tensor> backward(const Layer& layer, const Seen& seen,
                                                     std::array<bool, 3> wanted) {
    return at::native_layer_norm_backward(seen.g, seen.saved[0], {seen.g.size(-1)}, seen.saved[2],
                                          seen.saved[1], layer.params[0], layer.params[1], wanted);
  }
};

/// LibTorch has one kernel for it on CUDA; elsewhere plain operations, whose gradients are formed
/// here in the order in which autograd forms them.
struct RmsNormRule final : NormRule {
  /// Through a view, so that what the operations' gradients add up to is one term of x's gradient.
  Tensor native(const Layer& layer, const Tensor& x) const override {
    return at::rms_norm(x.view_as(x), {x.size(-1)}, layer.params[0], kEps);
  }

  Tensor forward(const Layer& layer, const Tensor& x, Tensors& saved) const override {
    auto [y, rstd] = at::_fused_rms_norm(x, {x.size(-1)}, layer.params[0], kEps);
    saved = {x, rstd};
    return y;
  }

  Tensor input_grad(const Layer& layer, const Seen& seen) const override {
    if (seen.g.is_cuda()) return std::get<0>(fused_backward(layer, seen, {true, false}));
    const auto x = kernels::to_wide(seen.saved[0]), &rstd = seen.saved[1];
    const auto g = kernels::to_wide(seen.g).mul(layer.params[0]);  // of the normalised input
    const auto of_rstd = g.mul(x).sum(at::IntArrayRef{-1}, /*keepdim=*/true);
    const auto of_mean = of_rstd.mul(rstd.pow(3).mul(-0.5));
    return g.mul(rstd).add(of_mean.div(x.size(-1)).mul(x.mul(2))).to(seen.g.scalar_type());
  }

  Tensors gradients(const Layer& layer, const Seen& seen) const override {
    if (seen.g.is_cuda()) return {std::get<1>(fused_backward(layer, seen, {false, true}))};
    const auto normalised = kernels::to_wide(seen.saved[0]).mul(seen.saved[1]);
    const auto weight = kernels::to_wide(seen.g).mul(normalised).sum(at::IntArrayRef{0, 1});
    return {weight.to(seen.g.scalar_type())};
  }

 private:
  static std::tuple<Tensor, Tensor> fused_backward(const Layer& layer, const Seen& seen,
                                                   std::array<bool, 2> wanted) {
    return at::_fused_rms_norm_backward(seen.g, seen.saved[0], {seen.g.size(-1)}, seen.saved[1],
                                        layer.params[0], wanted);
  }
};

}  // namespace

const Rule& layer_norm_rule() {
  static const LayerNormRule rule;
  return rule;
}

const Rule& rms_norm_rule() {
  static const RmsNormRule rule;
  return rule;
}

}  // namespace clipbench::bench
