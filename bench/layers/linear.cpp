#include "bench/layers/linear.h"

#include <optional>

#include <ATen/ops/bmm.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/index_select.h>
#include <ATen/ops/linear.h>
#include <ATen/ops/matmul.h>
#include <ATen/ops/mm.h>
#include <ATen/ops/sum.h>

#include "kernels/layer_norm.h"
#include "kernels/linear_norms.h"
#include "kernels/linear_on_cpu.h"
#include "kernels/linear_on_cuda.h"
#include "kernels/token_norms.h"
#include "kernels/wide.h"
#include "profiler/observe.h"

namespace clipbench::bench {
namespace {

using profiler::Component;

bool has_bias(const Layer& layer) { return layer.params.size() > 1; }

bool is_portable(const kernels::LinearOperands& layer) {
  return kernels::linear_family(layer.a.device()) == kernels::LinearFamily::portable;
}

const char* gram_path(const kernels::LinearOperands& layer) {
  if (kernels::cpu_takes(layer)) return "fused Gram, CPU tiles";
  if (!kernels::cuda_takes_gram(layer)) return "fused Gram by blocks";
  if (is_portable(layer)) return "fused Gram, portable";
  return kernels::cuda_copies(layer) ? "fused Gram of aligned copies" : "fused Gram, one launch";
}

const char* width_path(const kernels::LinearOperands& layer) {
  if (kernels::cpu_takes(layer)) return "width, CPU tiles";
  if (!kernels::cuda_takes(layer)) return "width by tiles";
  if (is_portable(layer)) return "width, portable";
  return kernels::cuda_copies(layer) ? "width of aligned copies" : "width, one launch";
}

const char* stored_path(const kernels::LinearOperands& layer) {
  if (kernels::cpu_takes(layer)) return "stored with norms, CPU tiles";
  if (!kernels::cuda_takes(layer)) return "stored, norms in a second pass";
  if (is_portable(layer)) return "stored with norms, portable";
  return kernels::cuda_copies(layer) ? "stored with norms, from aligned copies"
                                     : "stored with norms, one launch";
}

/// The weight's norms, and the bias' magnitude.
struct WeightNorms {
  kernels::NormPart part;
  Tensor bias_magnitude;
  const char* path;
};

WeightNorms fused_gram_norms(const Tensor& a, const Tensor& g) {
  auto [sq, m] = kernels::linear_norms_fused_gram(a, g);
  return {kernels::gram_part(std::move(sq), m.products, a, g), m.gradients, gram_path({a, g})};
}

WeightNorms weight_norms(const Tensor& a, const Tensor& g, NormWay way) {
  if (way == NormWay::fused_gram) return fused_gram_norms(a, g);
  const auto [m, bias] = kernels::token_norms(a, g);
  switch (way) {
    case NormWay::gram:
      return {kernels::gram_part(kernels::linear_sq_norms_gram(a, g), m, a, g), bias, "gram"};
    case NormWay::width:
      return {kernels::width_part(kernels::linear_sq_norms_width(a, g), m, a), bias,
              width_path({a, g})};
    case NormWay::materialise:
      return {kernels::width_part(kernels::linear_sq_norms_materialise(a, g), m, a,
                                  /*rounded=*/true),
              bias, "materialise"};
    default:
      TORCH_INTERNAL_ASSERT(false, "a linear layer has no norm way ", to_string(way));
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

  LayerNorms sq_norms(const Layer& layer, const Seen& seen, NormWay way) const override {
    return find_norms(layer, seen, way).norms;
  }

  /// Σ_t ‖a_t‖‖g_t‖ and Σ_t ‖g_t‖.
  Tensors magnitudes(const Layer& layer, const Seen& seen) const override {
    auto [products, gradients] = kernels::token_norms(seen.saved[0], seen.g);
    Tensors m{std::move(products)};
    if (has_bias(layer)) m.push_back(std::move(gradients));
    return m;
  }

  StoredGradients stored(const Layer& layer, const Seen& seen, NormWay way) const override {
    if (way != NormWay::stored_fused) return Rule::stored(layer, seen, way);
    const auto dtype = seen.g.scalar_type();
    auto weight = kernels::linear_stored_gradients(seen.saved[0], seen.g);
    StoredGradients out{{std::move(weight.gradients)},
                        {kernels::stored_part(std::move(weight.sq_norms), dtype)},
                        stored_path({seen.saved[0], seen.g})};
    if (has_bias(layer)) {  // [B,d] of f32: what a bf16 rounding would save is nothing
      auto bias = kernels::token_sums(seen.g);
      out.gradients.push_back(std::move(bias.sums));
      out.norms.push_back(kernels::stored_part(std::move(bias.sq_norms), dtype));
    }
    return out;
  }

  Tensors per_sample_grads(const Layer& layer, const Seen& seen) const override {
    Tensors grads{at::bmm(seen.g.transpose(1, 2), seen.saved[0])};
    if (has_bias(layer)) grads.push_back(seen.g.sum(1));
    return grads;
  }

  void clipped_sums(const Layer& layer, const Seen& seen, const Factors& factors,
                    SumTarget& target) const override {
    Tensor bias_rows;
    if (has_bias(layer)) bias_rows = kernels::token_sums(seen.g).sums;
    form_sums(layer, {seen.saved[0], seen.g}, bias_rows, factors, target);
  }

  /// The weight is not needed any more.
  KeptLayer keep(const Layer& layer, Seen seen, NormWay way) const override {
    auto [norms, bias_rows] = find_norms(layer, seen, way);
    const kernels::LinearOperands operands{seen.saved[0], seen.g};
    claim_kept(layer, operands.a);
    claim_kept(layer, operands.g);
    if (bias_rows.defined()) claim_kept(layer, bias_rows);
    return {std::move(norms), [&layer, operands, bias_rows = std::move(bias_rows)](
                                  const Factors& factors, SumTarget& target) {
              form_sums(layer, operands, bias_rows, factors, target);
            }};
  }

  /// Row id of a sample's weight gradient is Σ_s g_s[id]·a_s: one column of g for every token.
  Tensor tied_rows(const Layer&, const Seen& seen) const override {
    const auto &a = seen.saved[0], &g = seen.g, &ids = seen.saved.back();
    auto rows = at::empty(a.sizes(), a.options().dtype(kernels::wide_dtype(a.scalar_type())));
    for (std::int64_t b = 0; b < a.size(0); ++b) {
      const auto columns = g.select(0, b).index_select(1, ids.select(0, b));  // [T,T]
      rows.slice(0, b, b + 1)
          .copy_(kernels::bmm_wide(columns.t().unsqueeze(0), a.slice(0, b, b + 1)));
    }
    return rows;
  }

 private:
  struct FoundNorms {
    LayerNorms norms;
    Tensor bias_rows;  ///< [B,d] wide_dtype: a bias' per-sample gradients
  };

  static FoundNorms find_norms(const Layer& layer, const Seen& seen, NormWay way) {
    const profiler::Scope scope(
        way == NormWay::materialise ? Component::per_sample_gradients : Component::gram,
        layer.name);
    const auto &a = seen.saved[0], &g = seen.g;
    auto weight = weight_norms(a, g, way);
    FoundNorms found{{{std::move(weight.part)}, {}, weight.path}, {}};
    auto& norms = found.norms;
    norms.tied_magnitude = norms.parts[0].magnitude;
    if (has_bias(layer)) {
      auto bias = kernels::token_sums(g);
      norms.parts.push_back(
          kernels::width_part(std::move(bias.sq_norms), weight.bias_magnitude, g));
      found.bias_rows = std::move(bias.sums);
    }
    return found;
  }

  static void form_sums(const Layer& layer, const kernels::LinearOperands& operands,
                        const Tensor& bias_rows, const Factors& factors, SumTarget& target) {
    target.product_sum(layer, 0, operands, factors);
    if (has_bias(layer)) target.weighted_sum(layer, 1, bias_rows, factors);
  }
};

}  // namespace

const Rule& linear_rule() {
  static const LinearRule rule;
  return rule;
}

}  // namespace clipbench::bench
