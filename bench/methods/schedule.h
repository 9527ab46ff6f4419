// A schedule says which backward passes a step makes, in which order, with which sinks.
#pragma once

#include <memory>
#include <optional>

#include "bench/methods/clip_function.h"
#include "bench/methods/gradient_release.h"
#include "bench/methods/plan.h"
#include "bench/models/model.h"

namespace clipbench::bench {

/// What every private schedule needs besides the data.
struct Clipping {
  ClipFunction clip;
  double clip_norm = 1;
  /// Two passes: multiply the losses by the factors and let the second pass form other gradients
  /// than the ones whose norms are known. What the field does; in bf16 the bound is lost.
  bool reweighted = false;
};

/// What a step computed on the way to the gradients. Empty tensors where a method has no such
/// thing; [groups,B] instead of [B] where layers are clip groups of their own, in layer order.
struct Gradients {
  Tensor losses;     ///< [B], detached
  Tensor norms;      ///< [B], f64, guarded: at least the true norm; the factors' argument
  Tensor raw_norms;  ///< [B], f64, before the guard
  Tensor factors;    ///< [B], f64
};

/// Watches a step's passes: every sink is handed to wrap(), which may return one that decorates it.
struct Watcher {
  virtual ~Watcher() = default;
  virtual Sink& wrap(Sink&) = 0;
};

/// Postcondition of step() for every private schedule: each parameter's .grad is
///   (Σ_i c_i g_i + σ·C·z) / B̄
/// in the parameter's dtype, where the sum was f32 or wider until the noise was in; an empty batch
/// gives noise alone. Vanilla: the gradient of the batch's mean loss. Precondition: no parameter
/// has a gradient.
class Schedule {
 public:
  virtual ~Schedule() = default;
  /// Marks phases and snapshots for the profiler.
  Gradients step(const Model&, const Batch&, GradientRelease&);

  /// Samples that go through the model at once; 0: all of the batch.
  void set_physical_batch(std::int64_t samples) { physical_batch_ = samples; }
  /// These ways instead of those that the size would choose.
  void force_plan(Plan plan) { forced_plan_ = std::move(plan); }
  void set_watcher(Watcher* watcher) { watcher_ = watcher; }
  /// What the last step ran.
  const Path& path() const { return path_; }
  const Plan& plan() const { return plan_; }

 protected:
  explicit Schedule(NormWay way = NormWay::none) : way_(way) {}
  /// One physical batch. `logical_batch`: samples of the whole step.
  virtual Gradients do_step(const Model&, const Batch&, GradientRelease&,
                            std::int64_t logical_batch) = 0;

  Sink* watched(Sink& sink) const { return watcher_ ? &watcher_->wrap(sink) : &sink; }
  void ran(Path path) { path_ = std::move(path); }

 private:
  Gradients step_physical_batches(const Model&, const Batch&, GradientRelease&);

  NormWay way_;
  std::int64_t physical_batch_ = 0;
  std::optional<Plan> forced_plan_;
  Plan plan_;
  Path path_;
  Watcher* watcher_ = nullptr;
};

/// The schedule of a row of the methods' table.
std::unique_ptr<Schedule> make_schedule(const MethodInfo&, Clipping);

/// Vanilla through the one autograd function and a GradSink: the check that keeps native vanilla
/// honest.
std::unique_ptr<Schedule> make_vanilla_through_sink();

}  // namespace clipbench::bench
