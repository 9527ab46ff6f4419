// Google Benchmark's JSON, as its own compare.py reads it.
#pragma once

#include <string>
#include <vector>

#include "reporters/context.h"
#include "reporters/record.h"

namespace clipbench::reporters {

/// An entry a process: real_time and cpu_time are the median step in ms; repetitions share their
/// name; numbers that are not finite and cases without times are left out. Ours beside theirs:
/// peaks in bytes, throughput.
std::string benchmark_json(const std::vector<Record>& records, const Context& context);

}  // namespace clipbench::reporters
