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

/// The phases one after another in the timeline's own clock. A phase's `ms` may be the device's
/// time while the timeline is the host's, so their sum is scaled to the timeline's length. Empty
/// without a timeline.
std::vector<PhaseSpan> phase_spans(const Record& record);

/// The timeline's highest point; -1 without a timeline.
std::ptrdiff_t highest_point(const Timeline& timeline);

/// Milliseconds since the first point.
double time_ms(const Timeline& timeline, std::size_t point);

/// A component's bytes at a point; 0 where the record has none.
std::int64_t component_bytes(const Timeline& timeline, const std::string& component,
                             std::size_t point);

}  // namespace clipbench::reporters
