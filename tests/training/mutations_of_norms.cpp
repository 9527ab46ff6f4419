// Rules whose norms or sums are wrong in one layer, in f64 (traps 1, 2, 4, 5, 8, 12).
#include <ATen/ops/cat.h>
#include <ATen/ops/zeros_like.h>

#include "tests/training/mutated_rule.h"
#include "tests/training/mutations.h"
#include "tests/training/small_model.h"

namespace clipbench::bench::test {
namespace {

constexpr std::int64_t kTokens = 37, kTile = 32;

struct SetUp {
  const char* method = "ghost";
  const char* layer = "h.0.attn.q";
  bool tied_head = false;
  double loss_scale = 1;
};

using Mutate = std::function<void(MutatedRule&)>;

std::string contract_of(const SetUp& set_up, const Mutate& mutate, bool defective) {
  const auto inner = small_gpt2(kTokens, at::kDouble, at::kCPU, set_up.tied_head);
  const ScaledLosses model(*inner, spread_by_first_token(set_up.loss_scale));
  auto& layer = layer_named(*inner, set_up.layer);
  MutatedRule rule(*layer.rule);
  if (defective) mutate(rule);
  layer.rule = &rule;
  const auto batch = small_batch(5, kTokens);
  const auto C = median_norm(model, batch);
  return check_contract(*schedule_of(set_up.method, C), model, batch, clipping(C)).violation;
}

Mutation mutation(int trap, const char* name, const SetUp& set_up, Mutate mutate) {
  return {trap, name, "check_contract",
          [=](bool defective) { return contract_of(set_up, mutate, defective); }};
}

void add(FlatNorms& norms, const Tensor& sq) {
  norms.sq = norms.sq.add(sq);
  norms.safe_sq = norms.safe_sq.add(sq);
}

void set(FlatNorms& norms, const Tensor& sq) { norms.sq = norms.safe_sq = sq; }

Tensor sum_of_squares(const Tensor& g) { return g.square().sum(at::IntArrayRef{1, 2}); }

/// The first `kept` tokens, and the last `again` of them once more.
Seen some_tokens(const Seen& seen, std::int64_t kept, std::int64_t again) {
  const auto pick = [&](const Tensor& x) {
    return at::cat({x.slice(1, 0, kept), x.slice(1, kept - again, kept)}, 1);
  };
  auto some = seen;
  some.saved[0] = pick(seen.saved[0]);
  some.g = pick(seen.g);
  return some;
}

Seen whole_tiles(const Seen& seen) { return some_tokens(seen, kTokens / kTile * kTile, 0); }
/// The last tile starts kTile before the end.
Seen overlapping_tiles(const Seen& seen) {
  return some_tokens(seen, kTokens, kTile - kTokens % kTile);
}

Mutate norms_of(Seen (*tokens)(const Seen&)) {
  return [=](MutatedRule& rule) {
    rule.change_norms = [&rule, tokens](const Layer& layer, const Seen& seen, FlatNorms& norms) {
      norms = kernels::guard(rule.right.sq_norms(layer, tokens(seen), NormWay::gram).parts);
    };
  };
}

void bias_norm_by_token(MutatedRule& rule) {
  rule.change_norms = [](const Layer&, const Seen& seen, FlatNorms& norms) {
    add(norms, sum_of_squares(seen.g).sub(seen.g.sum(1).square().sum(1)));
  };
}

void embedding_norm_by_token(MutatedRule& rule) {
  rule.change_norms = [](const Layer&, const Seen& seen, FlatNorms& norms) {
    set(norms, sum_of_squares(seen.g));
  };
}

void norm_of_the_batch(MutatedRule& rule) {
  rule.change_norms = [](const Layer&, const Seen& seen, FlatNorms& norms) {
    set(norms, seen.g.sum(0).square().sum().expand({seen.g.size(0)}));
  };
}

void sum_of_the_batch(MutatedRule& rule) {
  rule.form_sums = [](const Layer& layer, const Seen& seen, const Factors& c, SumTarget& target) {
    target.form(layer, 0, [&](Tensor& sum, std::int64_t) {
      sum.slice(0, 0, seen.g.size(1)).add_(seen.g.sum(0).mul(c.device.mean()));
    });
  };
}

void squares_in_f32(MutatedRule& rule) {
  rule.change_norms = [](const Layer&, const Seen&, FlatNorms& norms) {
    set(norms, norms.sq.to(at::kFloat).to(at::kDouble));
  };
}

void no_norm(MutatedRule& rule) {
  rule.change_norms = [](const Layer&, const Seen&, FlatNorms& norms) {
    set(norms, at::zeros_like(norms.sq));
  };
}

void no_sum(MutatedRule& rule) {
  rule.form_sums = [](const Layer& layer, const Seen&, const Factors&, SumTarget& target) {
    for (std::size_t k = 0; k < layer.params.size(); ++k) {
      target.form(layer, k, [](Tensor&, std::int64_t) {});
    }
  };
}

Mutate cross_term(double share) {
  return [share](MutatedRule& rule) { rule.tied_product_share = share; };
}

}  // namespace

std::vector<Mutation> norm_mutations() {
  const SetUp tied{"flash_clip", "wte", /*tied_head=*/true};
  return {
      mutation(1, "a bias' norm as a per-token sum of squares", {}, bias_norm_by_token),
      mutation(1, "an embedding's norm without merging equal ids", {"bk", "wte"},
               embedding_norm_by_token),
      mutation(2, "the norm drops tokens beyond the last whole tile", {}, norms_of(whole_tiles)),
      mutation(2, "the norm counts the tokens of overlapping tiles twice", {},
               norms_of(overlapping_tiles)),
      mutation(2, "the sum drops tokens beyond the last whole tile", {"bk"},
               [](MutatedRule& rule) { rule.change_sum_operands = whole_tiles; }),
      mutation(2, "the sum counts the tokens of overlapping tiles twice", {"flash_clip"},
               [](MutatedRule& rule) { rule.change_sum_operands = overlapping_tiles; }),
      mutation(4, "a tied head without the cross term", tied, cross_term(0)),
      mutation(4, "a tied head with half of the cross term", tied, cross_term(0.5)),
      mutation(5, "the position embedding's norm taken over the batch", {"ghost", "wpe"},
               norm_of_the_batch),
      mutation(5, "the position embedding's sum with one factor for the batch", {"bk", "wpe"},
               sum_of_the_batch),
      mutation(8, "squares overflow in f32, gradients of 1e20", {"ghost", "head", false, 1e20},
               squares_in_f32),
      mutation(8, "squares underflow in f32, gradients of 1e-30", {"ghost", "head", false, 1e-30},
               squares_in_f32),
      mutation(12, "a layer norm is left out of the norm", {"bk", "h.1.ln_2"}, no_norm),
      mutation(12, "a layer norm is left out of the sum", {"flash_clip", "h.1.ln_2"}, no_sum),
  };
}

}  // namespace clipbench::bench::test
