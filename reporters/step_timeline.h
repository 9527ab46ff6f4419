// The recorded step on one time axis: where its phases lie and where its peak is. Shared by trace
// and figures.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "reporters/record.h"

namespace clipbench::reporters {

struct PhaseSpan {
  std::string name;
  double begin_ms = 0, end_ms = 0;  ///< since the timeline's first point
};

/// The phases in the timeline's own clock. A phase's `ms` may be the device's time, or a mean over
/// iterations, while the timeline is one iteration by the host's clock: so the snapshots say where
/// forward and backward end, and phases between them share the time as their `ms` do. Empty without
/// a timeline.

std::vector<PhaseSpan> phase_spans(const Record& record);

/// The timeline's highest point; -1 without a timeline.
std::ptrdiff_t highest_point(const Timeline& timeline);

/// Milliseconds since the first point.
double time_ms(const Timeline& timeline, std::size_t point);

/// A component's bytes at a point; 0 where the record has none.
std::int64_t component_bytes(const Timeline& timeline, const std::string& component,
                             std::size_t point);

}  // namespace clipbench::reporters
