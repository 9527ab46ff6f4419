// A recorded step for Perfetto and chrome://tracing.
#pragma once

#include <string>

#include "reporters/record.h"

namespace clipbench::reporters {

/// Trace events: a counter of bytes by component (`C`), the phases (`X`), the peak (`i`). Times in
/// µs since the step's first point.
std::string chrome_trace(const Record& record);

}  // namespace clipbench::reporters
