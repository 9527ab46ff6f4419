#include <ATen/ops/bmm.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/mm.h>
#include <ATen/ops/rand.h>
#include <ATen/ops/randn.h>
#include <ATen/ops/zeros.h>
#include <ATen/ops/zeros_like.h>

#include <algorithm>
#include <optional>
#include <string>
#include <utility>

#include "bench/kernels/comparisons.h"
#include "bench/kernels/interleaved.h"
#include "kernels/cost.h"
#include "kernels/linear_norms.h"
#include "kernels/linear_sum.h"
#include "kernels/wide.h"

namespace clipbench::bench {
namespace {

using kernels::LinearOperands;
using Layers = std::vector<LinearOperands>;

at::TensorOptions bf16() { return at::TensorOptions(at::kCUDA).dtype(at::kBFloat16); }

LinearOperands random_layer(std::int64_t B, std::int64_t T, LayerShape shape) {
  const auto pitch = (shape.d + 7) / 8 * 8;
  return {at::randn({B, T, shape.p}, bf16()),
          at::randn({B, T, pitch}, bf16()).slice(2, 0, shape.d)};
}

at::Tensor products(const LinearOperands& layer) {  // f64 [B,d,p]
  return at::bmm(layer.g.to(at::kDouble).transpose(1, 2), layer.a.to(at::kDouble));
}

/// Largest relative error of a norm.
double norm_error(const at::Tensor& sq_norms, const at::Tensor& expected) {
  return sq_norms.to(at::kDouble).sub(expected).div(expected).abs().max().item<double>();
}

double sum_error(const at::Tensor& sum, const at::Tensor& expected) {
  return sum.to(at::kDouble).sub(expected).norm().div(expected.norm()).item<double>();
}

/// The layers of one step, several times over: inputs of a run differ from the run's before.
class Comparison {
 public:
  Comparison(std::int64_t B, std::int64_t T, std::vector<LayerShape> shapes)
      : B_(B), T_(T), shapes_(std::move(shapes)) {
    double bytes = 0;
    for (const auto& [p, d] : shapes_) {
      flops_ += kernels::weight_gradient_cost({B, T, p, d}).flops;
      gram_flops_ += kernels::fused_gram_norm_cost({B, T, p, d}).flops;
      bytes += 2.0 * static_cast<double>(B * T * (p + d));
      weights_.push_back(at::empty({d, p}, bf16()));
      sums_.push_back(at::zeros({d, p}, bf16().dtype(at::kFloat)));
    }
    const int copies = std::clamp(static_cast<int>(256e6 / bytes) + 1, 1, 6);
    for (int i = 0; i < copies; ++i) {
      sets_.emplace_back();
      for (const auto& shape : shapes_) sets_.back().push_back(random_layer(B, T, shape));
    }
    factors_ =
        kernels::make_factors(at::rand({B}, bf16().dtype(at::kFloat)).add_(0.1), 1, at::kFloat);
  }

  /// `words`: of several layers, or of one that is more than its sizes.
  void print(std::vector<std::string> words) const {
    std::optional<LayerShape> layer;
    if (shapes_.size() == 1) layer = shapes_[0];
    std::vector<Candidate> candidates{
        {"cuBLAS dW", flops_, [&](int i) { weight_gradients(layers(i)); }},
        {"cuBLAS dW added in f32", flops_, [&](int i) { added_weight_gradients(layers(i)); }},
        {"cuBLAS bmm", flops_, [&](int i) { batched(layers(i)); }},
        {"cuBLAS bmm, then norms", flops_, [&](int i) { materialised(layers(i)); }},
        {"width norm", flops_, [&](int i) { linear_sq_norms_width(layers(i)); },
         [&] { return worst_norm(kernels::linear_sq_norms_width(sets_[0])); }},
        {"Gram norm", gram_flops_, [&](int i) { linear_sq_norms_fused_gram(layers(i)); },
         [&] { return worst_norm(kernels::linear_sq_norms_fused_gram(sets_[0])); }},
        {"stored + norm", flops_, [&](int i) { linear_stored_gradients(layers(i)); }},
        {"clipped sum", flops_, [&](int i) { linear_clipped_sums_(sums_, layers(i), factors_); },
         [&] { return worst_sum(); }}};
    if (kernels::linear_releases(weights_[0], sets_[0][0])) {
      candidates.push_back(
          {"the same, released", flops_, [&](int i) { release(layers(i), {.std = 1}); }});
      candidates.push_back(
          {"released without noise", flops_, [&](int i) { release(layers(i), {}); }});
    }
    print_comparison({.words = std::move(words), .layer = layer, .sizes = {{'B', B_}, {'T', T_}}},
                     "TFLOP/s", candidates);
  }

 private:
  at::ArrayRef<LinearOperands> layers(int i) const {
    return sets_[static_cast<std::size_t>(i) % sets_.size()];
  }

  void weight_gradients(at::ArrayRef<LinearOperands> layers) const {
    for (std::size_t k = 0; k < layers.size(); ++k) {
      auto weight = weights_[k];
      at::mm_out(weight, rows(layers[k].g).t(), rows(layers[k].a));
    }
  }
  /// To f32 sums that hold something: the bytes that a clipped sum reads and writes.
  void added_weight_gradients(at::ArrayRef<LinearOperands> layers) const {
    for (std::size_t k = 0; k < layers.size(); ++k) {
      auto sum = sums_[k];
      kernels::addmm_wide_(sum, rows(layers[k].g).t(), rows(layers[k].a), 1);
    }
  }
  void release(at::ArrayRef<LinearOperands> layers, const kernels::Noise& noise) const {
    std::vector<kernels::ReleasedProduct> products;
    for (std::size_t k = 0; k < layers.size(); ++k) products.push_back({weights_[k], layers[k], k});
    linear_released_sums_(products, factors_, noise);
  }
  static at::Tensor rows(const at::Tensor& t) {
    return t.as_strided({t.size(0) * t.size(1), t.size(2)}, {t.stride(1), 1});
  }
  static void materialised(at::ArrayRef<LinearOperands> layers) {
    for (const auto& [a, g] : layers) kernels::linear_sq_norms_materialise(a, g);
  }
  static void batched(at::ArrayRef<LinearOperands> layers) {
    for (const auto& [a, g] : layers) at::bmm(g.transpose(1, 2), a);
  }

  /// Of the first sample of every layer: f64 products are slow.
  double worst_norm(const at::Tensor& sq_norms) const {
    double worst = 0;
    for (std::size_t k = 0; k < shapes_.size(); ++k) {
      const auto expected = products(first_sample(k)).pow(2).sum(at::IntArrayRef{1, 2});
      const auto actual = sq_norms[static_cast<std::int64_t>(k)].slice(0, 0, 1);
      worst = std::max(worst, norm_error(actual, expected));
    }
    return worst;
  }
  /// With the first two samples alone.
  double worst_sum() const {
    double worst = 0;
    for (std::size_t k = 0; k < shapes_.size(); ++k) {
      kernels::Factors two;
      two.device = factors_.device.clone();
      two.device.slice(0, std::min<std::int64_t>(2, B_)).zero_();
      auto sum = at::zeros_like(sums_[k]);
      const auto& layer = sets_[0][k];
      linear_clipped_sum_(sum, layer.a, layer.g, two, 0);
      const LinearOperands some{layer.a.slice(0, 0, 2), layer.g.slice(0, 0, 2)};
      const auto weights = two.device.slice(0, 0, 2).to(at::kDouble).view({-1, 1, 1});
      worst = std::max(worst, sum_error(sum, products(some).mul(weights).sum(0)));
    }
    return worst;
  }
  LinearOperands first_sample(std::size_t k) const {
    return {sets_[0][k].a.slice(0, 0, 1), sets_[0][k].g.slice(0, 0, 1)};
  }

  std::int64_t B_, T_;
  std::vector<LayerShape> shapes_;
  double flops_ = 0, gram_flops_ = 0;
  std::vector<Layers> sets_;
  std::vector<at::Tensor> weights_, sums_;
  kernels::Factors factors_;
};

}  // namespace

void compare_linear_layers() {
  struct Row {
    std::vector<std::string> words;
    std::int64_t B, T;
    std::vector<LayerShape> shapes;
  };
  const std::vector<LayerShape> small_block{{768, 2304}, {768, 768}, {768, 3072}, {3072, 768}};
  const std::vector<LayerShape> large_block{{1280, 3840}, {1280, 1280}, {1280, 5120}, {5120, 1280}};
  const Row rows[] = {{{}, 16, 1024, {{768, 768}}},
                      {{}, 16, 1024, {{768, 3072}}},
                      {{}, 8, 1024, {{1280, 1280}}},
                      {{}, 8, 1024, {{1280, 5120}}},
                      {{}, 8, 1024, {{5120, 1280}}},
                      {{}, 32, 256, {{1280, 5120}}},
                      {{}, 4, 2048, {{4096, 4096}}},
                      {{"head"}, 8, 1024, {{768, 50304}}},
                      {{"a block of gpt2_small"}, 16, 1024, small_block},
                      {{"a block of gpt2_large"}, 32, 256, large_block},
                      {{"a block of gpt2_large"}, 8, 1024, large_block},
                      {{"a block of gpt2_large"}, 2, 4096, large_block}};
  for (const auto& [words, B, T, shapes] : rows) Comparison(B, T, shapes).print(words);
}

}  // namespace clipbench::bench
