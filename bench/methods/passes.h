// What the schedules share: a forward pass, backward passes and the clip phase, each marked for the
// profiler.
#pragma once

#include "bench/methods/schedule.h"

namespace clipbench::bench {

/// [B] losses; the phase `forward`.
Tensor forward(const Model&, const Batch&, Tape*);
/// The same and the snapshot after_forward, for schedules that see the whole batch at once.
Tensor forward_whole_batch(const Model&, const Batch&, Tape*);

/// Every sample's own loss counts once: g_i is the gradient of losses[i]. `phase` is a string
/// literal.
void backward_per_sample(const char* phase, const Tensor& losses, bool keep_graph);
/// The gradient of the mean loss.
void backward_mean(const Tensor& losses);

/// Zeros [B] for squared norms, f32 or wider.
Tensor zero_norms(const Tensor& losses);
/// Norms from their squares, and the factors; the phase `clip`.
Gradients clip_all(const Clipping&, const Tensor& losses, const Tensor& sq_norms);

/// A layer as a clip group of its own: C/√layers each, so the whole sum's sensitivity stays C.
Clipping group_clipping(const Clipping&, const Model&);

/// The oracle's schedule: one sample at a time through native autograd.
std::unique_ptr<Schedule> make_microbatch(Clipping);

}  // namespace clipbench::bench
