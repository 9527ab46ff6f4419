// Where the phases of the recorded step lie on the host's clock, the clock of its allocations.
// Pure.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "reporters/record.h"

namespace clipbench::reporters {

struct HostPhase {
  std::string name;
  double begin_ms = 0, end_ms = 0;  ///< since the timeline's first point
  double ms = 0;                    ///< the record's: device time, a mean over iterations
};

inline constexpr const char* kPhasesOfEachSample = "forward, backward and clip of each sample";

/// Snapshots say where forward, backward and the step end; clip ends where the last factors are
/// allocated; phases between such moments share the time as their `ms` do. Where snapshots are not
/// within the timeline, all phases share it. A schedule that goes through the samples one by one
/// has one span, kPhasesOfEachSample, in place of those that take turns. Empty without a timeline.
std::vector<HostPhase> host_phases(const Record& record);

/// Milliseconds since the first point.
double since_begin_ms(const Timeline& timeline, std::int64_t t_ns);

}  // namespace clipbench::reporters
