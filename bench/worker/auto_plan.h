// The plan of the method `auto` for one model and batch, from what the device is measured to do and
// what the model's passes are measured to leave of its memory.
#pragma once

#include "bench/methods/plan.h"
#include "profiler/recorder.h"

namespace clipbench::bench {

/// The fastest way of each linear layer that keeps the step's peak within 1 % of plain training's.
/// Runs one forward and one backward pass that form no gradients, and a product and a copy for the
/// rates; what they allocate is given back. The ratio of the two rates is rounded to a power of √2,
/// so that equal machines make equal plans. A tied head keeps its operands, as its owner does.
Plan plan_in_plain_memory(const Model&, const Batch&, profiler::Recorder&);

}  // namespace clipbench::bench
