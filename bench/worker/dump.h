// A step laid open: what somebody who shares no code with us needs to compute it again.
#pragma once

#include "bench/cases/case.h"
#include "bench/cases/worker_options.h"
#include "bench/methods/schedule.h"

namespace clipbench::bench {

/// Writes to the folder options.dump, from one step of `schedule` on the case's initial parameters
/// and its first batch, without noise:
///   batch.pt       ids, targets [B,T] int64
///   parameters.pt  by name (bench/models/hugging_face_names.h), in the case's storage dtype; a
///                  tied head is not listed: it is the token embedding
///   norms.pt       guarded: the factors' argument, at least the true norm; before_guard. f64, [B],
///                  or [groups,B] where layers are clip groups of their own
///   factors.pt     factors, like norms
///   sums.pt        by parameter: Σ_i c_i g_i, f32 or wider, before noise and division. Vanilla:
///                  Σ_i g_i (its mean gradient times B), and no norms or factors
///   meta.json      case, clip function, C, groups, shapes, …; written last
///
/// Model and batch are made anew from the seed, so nothing that was measured changes. Throws
/// UsageError where the folder can't be made or written.
void dump_first_step(Schedule& schedule, const Case&, const WorkerOptions& options);

}  // namespace clipbench::bench
