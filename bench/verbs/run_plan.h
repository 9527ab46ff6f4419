// A plan measured, reported and judged by its statuses: what `run` does once it knows its cases.
#pragma once

#include "bench/device.h"
#include "bench/options.h"
#include "bench/plan.h"

namespace clipbench::bench {

/// Into --out, --resume or a fresh folder. Returns the exit code of a run. Throws NotUsable,
/// UsageError.
int run_plan(const Options&, const Plan&, const Devices&);

}  // namespace clipbench::bench
