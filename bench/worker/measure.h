// One case from its name to its record.
#pragma once

#include "bench/cases/worker_options.h"
#include "reporters/record.h"

namespace clipbench::bench {

/// Never throws for what a case can do: out of memory, an unsupported setting or a failing account
/// become the record's status. Throws UsageError for a wrong case name.
reporters::Record measure(const WorkerOptions&);

}  // namespace clipbench::bench
