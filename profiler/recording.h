// Everything that was written down while a step ran; what a PeakReport is made from.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "profiler/allocator_source.h"
#include "profiler/event.h"

namespace clipbench::profiler {

/// The allocator's own numbers at a moment.
struct SnapshotRow {
  std::string name;  ///< as in SPEC.md: model_loaded, iter0_after_backward, …
  std::int64_t allocated_bytes = 0;
  std::int64_t requested_bytes = 0;
  std::optional<std::int64_t> reserved_bytes;  ///< none on CPU
  std::int64_t t_ns = 0;
};

struct Recording {
  std::vector<SeedBlock> seed;
  std::vector<Event> events;
  std::vector<SnapshotRow> snapshots;   ///< Event::index of a snapshot is a row of these
  AllocatorStatistics statistics;       ///< at the end; peaks are those since the start
  std::vector<double> phase_device_ms;  ///< one a phase, in order; empty: the host clock counts
  std::vector<std::string> faults;      ///< seen while recording
};

}  // namespace clipbench::profiler
