// Book-keeping with one thing wrong between norms and sums.
#pragma once

#include <functional>

#include <ATen/core/grad_mode.h>

#include "bench/methods/passes.h"
#include "bench/methods/sinks.h"
#include "tests/training/flat_norms.h"

namespace clipbench::bench::test {

/// What a mutation changes; what is empty stays right. It may keep state from step to step.
struct ScheduleDefect {
  /// Squared norms before they are clipped.
  std::function<void(Tensor& sq, Tensor& safe_sq)> norms;
  /// The factors, as they are reported and applied.
  std::function<Tensor(const Gradients&)> factors;
  /// The factors that the sums really take.
  std::function<Tensor(const Gradients&)> applied;
  /// The gradients at the end.
  std::function<void(const Model&)> gradients;
};

class MutatedSchedule final : public Schedule {
 public:
  MutatedSchedule(Clipping clipping, ScheduleDefect defect)
      : Schedule(NormWay::gram), clipping_(std::move(clipping)), defect_(std::move(defect)) {}

 private:
  Gradients do_step(const Model& model, const Batch& batch, GradientRelease& release,
                    std::int64_t) override {
    Tape tape;
    const auto losses = forward_whole_batch(model, batch, &tape);
    KeepSink keep(plan());
    tape.sink = watched(keep);
    backward_per_sample("backward", losses, /*keep_graph=*/false);
    auto norms = kernels::guard(keep.parts);
    if (defect_.norms) defect_.norms(norms.sq, norms.safe_sq);
    auto out = clip_all(clipping_, losses, parts_of(norms));
    ran(std::move(keep.path));
    if (defect_.factors) out.factors = defect_.factors(out);
    const at::NoGradGuard no_grad;
    const auto applied = defect_.applied ? defect_.applied(out) : out.factors;
    const auto factors = sum_factors(applied, losses, release);
    for (auto& kept : keep.kept) kept.form_sums(factors, release);
    if (defect_.gradients && model.parameters().front().grad().defined()) defect_.gradients(model);
    return out;
  }

  Clipping clipping_;
  ScheduleDefect defect_;
};

}  // namespace clipbench::bench::test
