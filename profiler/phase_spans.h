// The phases of a recording, as stretches of its event stream. Pure.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "profiler/event.h"

namespace clipbench::profiler {

/// States [begin, end) belong to the phase; the state before the event that ends it is the last
/// one.
struct PhaseSpan {
  std::string_view name;
  Position begin = 0, end = kNever;
  std::int64_t begin_ns = 0, end_ns = 0;
};

/// In order; a phase that nobody ended reaches to the end of the stream.
std::vector<PhaseSpan> phase_spans(std::span<const Event> events);

/// The phase that a position lies in, or nullptr.
const PhaseSpan* phase_at(std::span<const PhaseSpan> phases, Position position);

}  // namespace clipbench::profiler
