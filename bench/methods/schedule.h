// A schedule says which backward passes a step makes, in which order, with which sinks.
#pragma once

#include <memory>

#include "bench/methods/clip_function.h"
#include "bench/methods/gradient_release.h"
#include "bench/models/model.h"

namespace clipbench::bench {

/// What every private schedule needs besides the data.
struct Clipping {
  ClipFunction clip;
  double clip_norm = 1;
};

/// What a step computed on the way to the gradients. Empty tensors where a method has no such
/// thing.
struct Gradients {
  Tensor losses;   ///< [B], detached
  Tensor norms;    ///< [B], f32 or f64
  Tensor factors;  ///< [B]
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

 protected:
  virtual Gradients do_step(const Model&, const Batch&, GradientRelease&) = 0;
};

/// The schedule of a row of the methods' table.
std::unique_ptr<Schedule> make_schedule(const MethodInfo&, Clipping);

/// Vanilla through the one autograd function and a GradSink: the check that keeps native vanilla
/// honest.
std::unique_ptr<Schedule> make_vanilla_through_sink();

/// `per_layer`'s oracle: one sample at a time, clipped per layer with C/√layers.
std::unique_ptr<Schedule> make_microbatch_per_layer(Clipping);

}  // namespace clipbench::bench
