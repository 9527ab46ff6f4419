// What only shows in low precision or with hostile operands: norms and sums against the operands
// that a method itself read (traps 7, 8, 9, 15).
#include <algorithm>
#include <cmath>

#include <ATen/ops/bmm.h>
#include <ATen/ops/cat.h>
#include <ATen/ops/zeros_like.h>

#include "bench/methods/operand_check.h"
#include "tests/training/given_operands.h"
#include "tests/training/mutated_rule.h"
#include "tests/training/mutated_schedule.h"
#include "tests/training/mutations.h"
#include "tests/training/small_model.h"

namespace clipbench::bench::test {
namespace {

using ChangeSums = std::function<void(Tensors&)>;

std::string operands_of(Schedule& schedule, const Model& model, const Batch& batch,
                        const Clipping& clipping, const ChangeSums& change = {}) {
  OperandCheck check(model, batch.size());
  schedule.set_watcher(&check);
  auto step = wide_step(schedule, model, batch);
  if (change) change(step.sums);
  return check.report(step.gradients, step.sums, clipping, /*bounded=*/true).violation;
}

/// A bf16 model, C at its median norm.
struct Bf16 {
  std::unique_ptr<Model> model = small_gpt2(37, at::kBFloat16);
  Batch batch = small_batch(5, 37);
  Clipping clip = clipping(median_norm(*model, batch));
};

using Mutate = void (*)(MutatedRule&);

std::string rule_in_bf16(Mutate mutate, bool defective) {
  const Bf16 bf16;
  auto& layer = layer_named(*bf16.model, "h.0.mlp.fc");
  MutatedRule rule(*layer.rule);
  if (defective) mutate(rule);
  layer.rule = &rule;
  return operands_of(*schedule_of("ghost", bf16.clip.clip_norm), *bf16.model, bf16.batch,
                     bf16.clip);
}

Mutation rule(const char* name, Mutate mutate) {
  return {7, name, "OperandCheck, bf16",
          [=](bool defective) { return rule_in_bf16(mutate, defective); }};
}

void gram_in_bf16(MutatedRule& rule) {
  rule.change_norms = [](const Layer&, const Seen& seen, FlatNorms& norms) {
    const auto &a = seen.saved[0], &g = seen.g;
    const auto aa = at::bmm(a, a.transpose(1, 2)), gg = at::bmm(g, g.transpose(1, 2));
    const auto products = aa.to(at::kDouble).mul_(gg);
    const auto change = products.sum(at::IntArrayRef{1, 2}).sub_(norms.sq);
    norms.sq = norms.sq.add(change);
    norms.safe_sq = norms.safe_sq.add(change);
  };
}

void norm_stored_in_bf16(MutatedRule& rule) {
  rule.change_norms = [](const Layer&, const Seen&, FlatNorms& norms) {
    for (auto* sq : {&norms.sq, &norms.safe_sq}) {
      *sq = sq->sqrt().to(at::kBFloat16).to(at::kDouble).square_();
    }
  };
}

std::string schedule_in_bf16(const ScheduleDefect& defect, const ChangeSums& change = {}) {
  const Bf16 bf16;
  MutatedSchedule schedule(bf16.clip, defect);
  return operands_of(schedule, *bf16.model, bf16.batch, bf16.clip, change);
}

std::string norms_summed_in_bf16(bool defective) {
  const auto narrow = [](Tensor& sq, Tensor& safe_sq) {
    sq = sq.to(at::kBFloat16).to(at::kDouble);
    safe_sq = safe_sq.to(at::kBFloat16).to(at::kDouble);
  };
  return schedule_in_bf16(defective ? ScheduleDefect{narrow, {}, {}, {}} : ScheduleDefect{});
}

std::string factors_rounded_up(bool defective) {
  const auto up = [](const Gradients& g) {
    return g.factors.mul(1 + 0x1p-8).clamp_max(1).to(at::kBFloat16).to(at::kDouble);
  };
  return schedule_in_bf16(defective ? ScheduleDefect{{}, up, {}, {}} : ScheduleDefect{});
}

std::string not_applied(bool defective) {
  const auto ones = [](const Gradients& g) { return g.factors.ne(0).to(at::kDouble); };
  return schedule_in_bf16(defective ? ScheduleDefect{{}, {}, ones, {}} : ScheduleDefect{});
}

std::string sum_rounded_before_the_noise(bool defective) {
  const auto round = [](Tensors& sums) {
    for (auto& sum : sums) sum = sum.to(at::kBFloat16).to(at::kFloat);
  };
  return schedule_in_bf16({}, defective ? ChangeSums(round) : ChangeSums());
}

/// Tokens in pairs that all but cancel: AᵀG is what the second of a pair differs by, `rest`.
GivenOperands cancelling(double rest) {
  const auto pairs = [&](std::uint64_t seed, double sign) {
    const auto half = normal({16, 32, 24}, seed);
    const auto other = half.mul(sign).add(normal({16, 32, 24}, seed + 1).mul_(rest));
    return at::cat({half, other}, 1).to(at::kFloat);
  };
  return {pairs(1, 1), pairs(3, -1)};
}

std::string clamped_at_zero(bool defective) {
  const auto model = cancelling(1e-5);
  MutatedRule rule(linear_rule());
  if (defective) {
    rule.change_norms = [](const Layer&, const Seen&, FlatNorms& norms) {
      norms.safe_sq = norms.sq.clamp_min(0);
    };
  }
  model.layers()[0]->rule = &rule;
  return operands_of(*schedule_of("ghost", 1e-3), model, model.batch(), clipping(1e-3));
}

/// Σ_b c_b g_b as ((g_0·c_0/c_1 + g_1)·c_1/c_2 + …)·c_last, factors no smaller than `least`.
void form_by_ratios(const Layer& layer, const Seen& seen, const Factors& factors, SumTarget& target,
                    double least) {
  const auto gradients = linear_rule().per_sample_grads(layer, seen);
  for (std::size_t k = 0; k < gradients.size(); ++k) {
    target.form(layer, k, [&](Tensor& sum, std::int64_t) {
      auto accumulator = at::zeros_like(sum);
      double last = 1;
      for (std::size_t b = 0; b < factors.host().size(); ++b) {
        const double factor = std::max(factors.host()[b], least);
        accumulator.mul_(last / factor).add_(gradients[k][static_cast<std::int64_t>(b)]);
        last = factor;
      }
      sum.add_(accumulator, last);
    });
  }
}

std::string ratios(const Model& model, const Batch& batch, const Clipping& clip, double least,
                   bool defective) {
  MutatedRule rule(linear_rule());
  if (defective) {
    rule.form_sums = [=](const Layer& layer, const Seen& seen, const Factors& c, SumTarget& to) {
      form_by_ratios(layer, seen, c, to, least);
    };
  }
  model.layers()[0]->rule = &rule;
  MutatedSchedule schedule(clip, {});
  return operands_of(schedule, model, batch, clip);
}

std::string ratio_to_zero(bool defective) {
  const GivenOperands model(normal({6, 5, 8}, 1), normal({6, 5, 8}, 2));
  const Clipping global{make_clip_function("global"), median_norm(model, model.batch())};
  return ratios(model, model.batch(), global, /*least=*/0, defective);
}

/// The second sample's gradient is NaN, so its factor is 0.
std::string ratio_to_a_floor(bool defective) {
  auto g = normal({4, 5, 8}, 2);
  g.select(0, 1).fill_(NAN);
  const GivenOperands model(normal({4, 5, 8}, 1), g);
  return ratios(model, model.batch(), clipping(1), /*least=*/1e-30, defective);
}

}  // namespace

std::vector<Mutation> operand_mutations() {
  const char* bf16 = "OperandCheck, bf16";
  const char* f32 = "OperandCheck, f32";
  const char* f64 = "OperandCheck, f64";
  return {
      rule("T x T matrices in bf16", gram_in_bf16),
      rule("a layer's norm stored in bf16", norm_stored_in_bf16),
      {7, "squared norms of layers added in bf16", bf16, norms_summed_in_bf16},
      {8, "a negative squared norm clamped at 0 without a guard", f32, clamped_at_zero},
      {8, "a factor rounded up to bf16", bf16, factors_rounded_up},
      {9, "the sum rounded to bf16 before the noise", bf16, sum_rounded_before_the_noise},
      {14, "factors that are reported and not applied", bf16, not_applied},
      {15, "a ratio of factors where a factor is 0", f64, ratio_to_zero},
      {15, "a ratio of factors with a floor, so that a NaN of factor 0 is read", f64,
       ratio_to_a_floor},
  };
}

}  // namespace clipbench::bench::test
