#include "bench/models/language_model.h"

#include <ATen/ops/cross_entropy_loss.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/zeros.h>

#include "bench/layers/linear.h"
#include "kernels/noise.h"
#include "profiler/observe.h"

namespace clipbench::bench {

Tensor LanguageModel::normal(std::int64_t rows, std::int64_t columns) {
  auto values = at::empty({rows, columns}, at::TensorOptions().dtype(at::kFloat));
  kernels::set_noise_(values, {.std = 0.02f, .seed = seed_, .stream = drawn_++});
  return values.to(options_.device(), options_.dtype().toScalarType());
}

const Layer* LanguageModel::add_linear(const std::string& name, std::int64_t in, std::int64_t out,
                                       bool has_bias) {
  if (!has_bias) return add(name, linear_rule(), {normal(out, in)}, {"weight"});
  return add(name, linear_rule(), {normal(out, in), at::zeros({out}, options_)},
             {"weight", "bias"});
}

void LanguageModel::add_head(const ModelInfo& info, const Layer* tied_to) {
  head_ = tied_to != nullptr ? add_tied("head", linear_rule(), tied_to)
                             : add_linear("head", info.width, info.vocabulary, /*has_bias=*/false);
}

Tensor LanguageModel::loss_of(Tensor x, const Batch& batch, Tape* tape) const {
  const profiler::Scope scope(profiler::Component::logits_and_loss, "head");
  const auto B = x.size(0), T = x.size(1);
  const auto ids = head_->owns_params() ? Tensor() : batch.ids;
  auto logits = apply(*head_, x, tape, ids).flatten(0, 1);  // [B·T,V]
  x.reset();
  const auto targets = batch.targets.reshape({-1});
  auto tokens = at::cross_entropy_loss(logits, targets, {}, at::Reduction::None);
  return tokens.view({B, T}).mean(1);
}

std::unique_ptr<Model> make_model(const ModelInfo& info, std::int64_t seq, at::ScalarType dtype,
                                  at::Device device, std::uint64_t seed, bool tied_head) {
  if (info.family == Family::llama) return make_llama(info, dtype, device, seed, tied_head);
  return make_gpt2(info, seq, dtype, device, seed, tied_head);
}

}  // namespace clipbench::bench
