#include <ATen/ops/arange.h>
#include <ATen/ops/cat.h>
#include <ATen/ops/ones.h>
#include <ATen/ops/outer.h>
#include <ATen/ops/pow.h>
#include <ATen/ops/scaled_dot_product_attention.h>
#include <ATen/ops/silu.h>

#include "bench/layers/embedding.h"
#include "bench/layers/layer_norm.h"
#include "bench/models/language_model.h"

namespace clipbench::bench {
namespace {

struct Block {
  const Layer *ln_1, *q, *k, *v, *proj, *ln_2, *gate, *up, *down;
};

/// Rotary positions: the first half of a head's columns and the second are turned as pairs, pair i
/// of token t by the angle t · 10000^(−2i/n), n columns in all. Later models have other bases,
/// which cost the same.
class Rotation {
 public:
  Rotation(std::int64_t tokens, std::int64_t columns, at::TensorOptions options) {
    const auto f32 = options.dtype(at::kFloat);
    const auto exponents = at::arange(0, columns, 2, f32).div(static_cast<double>(-columns));
    const auto angles = at::outer(at::arange(tokens, f32), at::pow(kBase, exponents));
    cos_ = angles.cos().to(options);
    sin_ = angles.sin().to(options);
  }

  /// x [B,heads,T,columns].
  Tensor operator()(const Tensor& x) const {
    const auto half = x.size(-1) / 2;
    const auto first = x.narrow(-1, 0, half), second = x.narrow(-1, half, half);
    return at::cat({first.mul(cos_).sub(second.mul(sin_)), second.mul(cos_).add(first.mul(sin_))},
                   -1);
  }

 private:
  static constexpr double kBase = 10000;
  Tensor cos_, sin_;  // [T,columns/2]
};

class Llama final : public LanguageModel {
 public:
  Llama(const ModelInfo& info, at::ScalarType dtype, at::Device device, std::uint64_t seed,
        bool tied_head)
      : LanguageModel(dtype, device, seed), heads_(info.heads), kv_heads_(info.kv_heads) {
    const auto d = info.width;
    embed_ = add("embed", embedding_rule(), {normal(info.vocabulary, d)}, {"weight"});
    for (std::int64_t i = 0; i < info.layers; ++i)
      blocks_.push_back(block("layers." + std::to_string(i), info));
    norm_ = norm("norm", d);
    add_head(info, tied_head ? embed_ : nullptr);
  }

  Tensor losses(const Batch& batch, Tape* tape) const override {
    auto x = apply(*embed_, batch.ids, tape);  // [B,T,d]
    const Rotation rotation(x.size(1), x.size(2) / heads_, options_);
    for (const auto& block : blocks_) {
      x = x.add(attention(block, x, rotation, tape));
      x = x.add(mlp(block, x, tape));
    }
    x = apply(*norm_, x, tape);
    return loss_of(std::move(x), batch, tape);
  }

 private:
  const Layer* linear(const std::string& name, std::int64_t in, std::int64_t out) {
    return add_linear(name, in, out, /*has_bias=*/false);
  }

  const Layer* norm(const std::string& name, std::int64_t d) {
    return add(name, rms_norm_rule(), {at::ones({d}, options_)}, {"weight"});
  }

  Block block(const std::string& name, const ModelInfo& info) {
    const auto d = info.width, kv = d / heads_ * kv_heads_;
    Block block{};
    block.ln_1 = norm(name + ".ln_1", d);
    block.q = linear(name + ".attn.q", d, d);
    block.k = linear(name + ".attn.k", d, kv);
    block.v = linear(name + ".attn.v", d, kv);
    block.proj = linear(name + ".attn.proj", d, d);
    block.ln_2 = norm(name + ".ln_2", d);
    block.gate = linear(name + ".mlp.gate", d, info.hidden);
    block.up = linear(name + ".mlp.up", d, info.hidden);
    block.down = linear(name + ".mlp.down", info.hidden, d);
    return block;
  }

  Tensor attention(const Block& block, const Tensor& x, const Rotation& rotation,
                   Tape* tape) const {
    const auto B = x.size(0), T = x.size(1), d = x.size(2);
    auto h = apply(*block.ln_1, x, tape);  // [B,T,d]
    const auto split = [&](const Layer* layer, std::int64_t heads) {
      return apply(*layer, h, tape).view({B, T, heads, d / heads_}).transpose(1, 2);
    };
    auto q = split(block.q, heads_);  // [B,heads,T,d/heads]
    auto k = split(block.k, kv_heads_), v = split(block.v, kv_heads_);
    h.reset();
    q = rotation(q);
    k = rotation(k);
    auto o = attend(q, std::move(k), std::move(v));
    return apply(*block.proj, o.transpose(1, 2).reshape({B, T, d}), tape);
  }

  /// LibTorch's attention in f32 on CUDA takes no groups of heads but as T×T matrices in memory:
  /// there each head has a copy of its keys and values.
  Tensor attend(const Tensor& q, Tensor k, Tensor v) const {
    bool in_groups = kv_heads_ != heads_;
    if (in_groups && q.is_cuda() && q.scalar_type() == at::kFloat) {
      k = k.repeat_interleave(heads_ / kv_heads_, 1);
      v = v.repeat_interleave(heads_ / kv_heads_, 1);
      in_groups = false;
    }
    return at::scaled_dot_product_attention(q, k, v, {}, 0.0, /*is_causal=*/true,
                                            /*scale=*/std::nullopt, /*enable_gqa=*/in_groups);
  }

  static Tensor mlp(const Block& block, const Tensor& x, Tape* tape) {
    auto h = apply(*block.ln_2, x, tape);
    auto gate = apply(*block.gate, h, tape), up = apply(*block.up, h, tape);  // [B,T,hidden]
    h.reset();
    return apply(*block.down, at::silu(gate).mul(up), tape);
  }

  std::int64_t heads_, kv_heads_;
  const Layer *embed_, *norm_;
  std::vector<Block> blocks_;
};

}  // namespace

std::unique_ptr<Model> make_llama(const ModelInfo& info, at::ScalarType dtype, at::Device device,
                                  std::uint64_t seed, bool tied_head) {
  return std::make_unique<Llama>(info, dtype, device, seed, tied_head);
}

}  // namespace clipbench::bench
