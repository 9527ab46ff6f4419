// What the schedules share: a forward pass, backward passes and the clip phase, each marked for the
// profiler.
#pragma once

#include "bench/methods/schedule.h"

namespace clipbench::bench {

/// [B] losses; the phase `forward`.
Tensor forward(const Model&, const Batch&, Tape*);
/// The same and the snapshot after_forward, for schedules that see the whole batch at once.
Tensor forward_whole_batch(const Model&, const Batch&, Tape*);

/// The gradient of Σ_i weights_i · losses_i; `weights` [B] in the losses' dtype. `phase` is a
/// string literal.
void backward(const char* phase, const Tensor& losses, const Tensor& weights, bool keep_graph);
/// Every sample's own loss counts once: g_i is the gradient of losses[i].
void backward_per_sample(const char* phase, const Tensor& losses, bool keep_graph);

/// Norms from all parts of the gradients, and the factors; the phase `clip`.
Gradients clip_all(const Clipping&, const Tensor& losses, const std::vector<kernels::NormPart>&);
/// The factors as sums of gradients of these losses take them.
Factors sum_factors(const Tensor& factors, const Tensor& losses, const GradientRelease&);

/// A layer as a clip group of its own: C/√layers each, so the whole sum's sensitivity stays C.
double group_clip_norm(const Clipping&, const Model&);

/// The oracle's schedule: one sample at a time through native autograd.
std::unique_ptr<Schedule> make_microbatch(Clipping);

}  // namespace clipbench::bench
