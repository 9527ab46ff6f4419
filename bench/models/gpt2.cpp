#include <ATen/ops/gelu.h>
#include <ATen/ops/ones.h>
#include <ATen/ops/scaled_dot_product_attention.h>
#include <ATen/ops/zeros.h>

#include "bench/layers/embedding.h"
#include "bench/layers/layer_norm.h"
#include "bench/models/language_model.h"

namespace clipbench::bench {
namespace {

struct Block {
  const Layer *ln_1, *q, *k, *v, *proj, *ln_2, *fc, *fc_proj;
};

class Gpt2 final : public LanguageModel {
 public:
  Gpt2(const ModelInfo& info, std::int64_t seq, at::ScalarType dtype, at::Device device,
       std::uint64_t seed, bool tied_head)
      : LanguageModel(dtype, device, seed), heads_(info.heads) {
    const auto d = info.width;
    wte_ = add("wte", embedding_rule(), {normal(info.vocabulary, d)}, {"weight"});
    wpe_ = add("wpe", position_rule(), {normal(info.positions(seq), d)}, {"weight"});
    for (std::int64_t i = 0; i < info.layers; ++i)
      blocks_.push_back(block("h." + std::to_string(i), d));
    ln_f_ = norm("ln_f", d);
    add_head(info, tied_head ? wte_ : nullptr);
  }

  Tensor losses(const Batch& batch, Tape* tape) const override {
    auto x = apply(*wpe_, apply(*wte_, batch.ids, tape), tape);  // [B,T,d]
    for (const auto& block : blocks_) {
      x = x.add(attention(block, x, tape));
      x = x.add(mlp(block, x, tape));
    }
    x = apply(*ln_f_, x, tape);
    return loss_of(std::move(x), batch, tape);
  }

 private:
  const Layer* linear(const std::string& name, std::int64_t in, std::int64_t out) {
    return add_linear(name, in, out, /*has_bias=*/true);
  }

  const Layer* norm(const std::string& name, std::int64_t d) {
    return add(name, layer_norm_rule(), {at::ones({d}, options_), at::zeros({d}, options_)},
               {"weight", "bias"});
  }

  Block block(const std::string& name, std::int64_t d) {
    Block block{};
    block.ln_1 = norm(name + ".ln_1", d);
    block.q = linear(name + ".attn.q", d, d);
    block.k = linear(name + ".attn.k", d, d);
    block.v = linear(name + ".attn.v", d, d);
    block.proj = linear(name + ".attn.proj", d, d);
    block.ln_2 = norm(name + ".ln_2", d);
    block.fc = linear(name + ".mlp.fc", d, 4 * d);
    block.fc_proj = linear(name + ".mlp.proj", 4 * d, d);
    return block;
  }

  Tensor attention(const Block& block, const Tensor& x, Tape* tape) const {
    const auto B = x.size(0), T = x.size(1), d = x.size(2);
    auto h = apply(*block.ln_1, x, tape);  // [B,T,d]
    const auto split = [&](const Layer* layer) {
      return apply(*layer, h, tape).view({B, T, heads_, d / heads_}).transpose(1, 2);
    };
    auto q = split(block.q), k = split(block.k), v = split(block.v);  // [B,heads,T,d/heads]
    h.reset();
    auto o = at::scaled_dot_product_attention(q, k, v, {}, 0.0, /*is_causal=*/true);
    return apply(*block.proj, o.transpose(1, 2).reshape({B, T, d}), tape);
  }

  static Tensor mlp(const Block& block, const Tensor& x, Tape* tape) {
    auto h = apply(*block.fc, apply(*block.ln_2, x, tape), tape);  // [B,T,4d]
    return apply(*block.fc_proj, at::gelu(h), tape);
  }

  std::int64_t heads_;
  const Layer *wte_, *wpe_, *ln_f_;
  std::vector<Block> blocks_;
};

}  // namespace

std::unique_ptr<Model> make_gpt2(const ModelInfo& info, std::int64_t seq, at::ScalarType dtype,
                                 at::Device device, std::uint64_t seed, bool tied_head) {
  return std::make_unique<Gpt2>(info, seq, dtype, device, seed, tied_head);
}

}  // namespace clipbench::bench
