// Which moments of a long step to draw. Pure.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "profiler/event.h"

namespace clipbench::profiler {

inline constexpr std::size_t kTimelinePoints = 400;

/// Positions in [begin, end), ascending, at most `max_points` (≥ 8): the first and last, `keep` if
/// it lies within, and the local extremes of the curve: of each of equal pieces its ends, its
/// lowest and its highest point. `allocated_bytes` is indexed by position.
std::vector<Position> timeline_points(std::span<const std::int64_t> allocated_bytes, Position begin,
                                      Position end, Position keep,
                                      std::size_t max_points = kTimelinePoints);

}  // namespace clipbench::profiler
