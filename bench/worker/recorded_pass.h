// The pass that explains: every allocation, phase and snapshot of a few steps, and whether the
// account closes.
#pragma once

#include "bench/worker/trainer.h"
#include "reporters/record.h"

namespace clipbench::bench {

/// One step more with CUPTI attached: which kernels ran in which phase. CUDA only; the longest 40
/// rows. A dropped record makes the record `invalid`.
void list_kernels(Trainer&, profiler::Recorder&, reporters::Record&);

/// Fills memory, snapshots, phases and checks (a)–(f). A check that fails, or any fault, makes the
/// record `invalid` with the reason.
void record_steps(Trainer&, const WorkerOptions&, profiler::Recorder&, reporters::Record&);

}  // namespace clipbench::bench
