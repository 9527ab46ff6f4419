// Schedules whose norms, factors or sums are wrong, and losses that couple samples (traps 3, 7, 8,
// 10, 14).
#include <ATen/ops/full_like.h>
#include <ATen/ops/ones_like.h>

#include "tests/training/mutated_schedule.h"
#include "tests/training/mutations.h"
#include "tests/training/small_model.h"

namespace clipbench::bench::test {
namespace {

std::string contract_of(const ScheduleDefect& defect) {
  const auto inner = small_gpt2(7, at::kDouble);
  const ScaledLosses model(*inner, spread_by_first_token());
  const auto batch = small_batch(5, 7);
  const auto C = median_norm(model, batch);
  MutatedSchedule schedule(clipping(C), defect);
  return check_contract(schedule, model, batch, clipping(C)).violation;
}

using MakeDefect = ScheduleDefect (*)();

Mutation mutation(int trap, const char* name, MakeDefect make) {
  return {trap, name, "check_contract",
          [=](bool defective) { return contract_of(defective ? make() : ScheduleDefect{}); }};
}

ScheduleDefect factors(Tensor (*change)(const Tensor& c, const Tensor& n)) {
  return {{}, [=](const Gradients& g) { return change(g.factors, g.norms); }, {}, {}};
}

/// C at the median norm, so the sample of that norm has n = C.
ScheduleDefect ratio_without_minimum() {
  return factors([](const Tensor& c, const Tensor& n) {
    return n.reciprocal().mul_(n.mul(c).max());  // C/n: above 1 for n < C
  });
}
ScheduleDefect above_one_at_the_bound() {
  return factors(
      [](const Tensor& c, const Tensor&) { return c.eq(1).to(at::kDouble).mul_(1e-9).add_(c); });
}
ScheduleDefect factors_of_f32() {
  return factors([](const Tensor& c, const Tensor&) { return c.to(at::kFloat).to(at::kDouble); });
}
ScheduleDefect no_clipping() {
  return factors([](const Tensor& c, const Tensor&) { return at::ones_like(c); });
}

ScheduleDefect reported_but_not_applied() {
  return {{}, {}, [](const Gradients& g) { return at::ones_like(g.factors); }, {}};
}

ScheduleDefect clips_the_first_step_alone() {
  const auto steps = std::make_shared<int>(0);
  return {{},
          {},
          [steps](const Gradients& g) { return (*steps)++ ? at::ones_like(g.factors) : g.factors; },
          {}};
}

ScheduleDefect norms_that_survive() {
  const auto kept = std::make_shared<Tensor>();
  return {[kept](Tensor& sq, Tensor& safe_sq) {
            if (kept->defined()) sq.add_(*kept), safe_sq.add_(*kept);
            *kept = sq.clone();
          },
          {},
          {},
          {}};
}

ScheduleDefect norms_without_guard() {
  return {[](Tensor& sq, Tensor& safe_sq) { safe_sq = sq.mul(1 - 1e-13); }, {}, {}, {}};
}

ScheduleDefect norms_of_bf16() {
  return {[](Tensor& sq, Tensor& safe_sq) {
            sq = sq.to(at::kBFloat16).to(at::kDouble);
            safe_sq = safe_sq.to(at::kBFloat16).to(at::kDouble);
          },
          {},
          {},
          {}};
}

std::string contract_of_losses(const ScaledLosses::Scale& scale) {
  const auto inner = small_gpt2(7, at::kDouble);
  const ScaledLosses model(*inner, scale);
  const auto batch = small_batch(5, 7);
  const auto C = median_norm(model, batch);
  return check_contract(*schedule_of("ghost", C), model, batch, clipping(C)).violation;
}

Tensor over_the_batch(const Batch& batch, const Tensor& losses) {
  return at::full_like(losses, 1.0 / static_cast<double>(batch.size()));
}

/// Targets of id 0 do not count; every valid token of the batch has one weight.
Tensor over_the_valid_tokens(const Batch& batch, const Tensor& losses) {
  const auto valid = batch.targets.ne(0).sum(1).add(1).to(losses.scalar_type());
  return valid.div(valid.sum());
}

Mutation loss(const char* name, ScaledLosses::Scale scale) {
  const ScaledLosses::Scale own = [](const Batch&, const Tensor& losses) {
    return at::ones_like(losses);
  };
  return {3, name, "check_contract",
          [=](bool defective) { return contract_of_losses(defective ? scale : own); }};
}

}  // namespace

std::vector<Mutation> schedule_mutations() {
  return {
      loss("the mean of losses over the batch", over_the_batch),
      loss("the mean over the batch's valid tokens", over_the_valid_tokens),
      mutation(7, "norms summed in bf16", norms_of_bf16),
      mutation(8, "factor C/n without the minimum", ratio_without_minimum),
      mutation(8, "a factor above 1 where n <= C", above_one_at_the_bound),
      mutation(8, "factors in f32, rounded up as often as down", factors_of_f32),
      mutation(8, "norms used below their true value", norms_without_guard),
      mutation(10, "squared norms that are not zeroed before the next step", norms_that_survive),
      mutation(14, "no clipping", no_clipping),
      mutation(14, "factors that are reported and not applied", reported_but_not_applied),
      mutation(14, "clipping in the first step alone", clips_the_first_step_alone),
  };
}

}  // namespace clipbench::bench::test
