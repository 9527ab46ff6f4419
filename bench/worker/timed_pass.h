// Warm-up and timing with nothing attached.
#pragma once

#include "bench/worker/progress.h"
#include "bench/worker/trainer.h"
#include "reporters/record.h"

namespace clipbench::bench {

/// First step and steady state apart: the first step allocates what later steps find in the pool.
void warm_up(Trainer&, const WorkerOptions&, profiler::Recorder&, reporters::Record&);

/// Steps whose peak statistics stand for the steady state, before the adaptive samples.
inline constexpr std::int64_t kPeakWindowSteps = 3;

/// Samples until the median is known well enough; fills time, the timed pass's peaks and
/// throughput.
void time_steps(Trainer&, const WorkerOptions&, profiler::Recorder&, Progress&, reporters::Record&);

}  // namespace clipbench::bench
