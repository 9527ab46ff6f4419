// What a recording says: who owned the peak, phase by phase, and whether the account closes. Pure.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "profiler/component_account.h"
#include "profiler/law.h"
#include "profiler/recording.h"

namespace clipbench::profiler {

struct PeakBlock {
  Component component = Component::temporary;
  std::string owner;
  std::int64_t requested_bytes = 0, block_bytes = 0;
};

/// All phases of one name.
struct PhaseRow {
  std::string name;
  std::int64_t calls = 0;  ///< in the whole recording
  double ms = 0;           ///< a training step: the sum over the recording by its iterations
  std::int64_t peak_allocated_bytes = 0;
};

struct SnapshotComponents {
  SnapshotRow allocator;  ///< its own numbers
  std::int64_t ledger_allocated_bytes = 0, ledger_requested_bytes = 0;
  ComponentBytes components{};
};

struct TimelinePoint {
  std::int64_t t_ns = 0;
  std::int64_t allocated_bytes = 0;
  ComponentBytes components{};
};

struct PeakReport {
  AllocatorStatistics statistics;         ///< the allocator's own
  std::int64_t peak_allocated_bytes = 0;  ///< the ledger's
  std::int64_t peak_requested_bytes = 0;
  std::string peak_phase;  ///< "" outside all phases
  std::int64_t peak_t_ns = 0;
  std::int64_t peak_iteration = 0;
  ComponentBytes components_at_peak{};
  std::int64_t residual_bytes = 0;         ///< allocator's allocated peak − Σ components_at_peak
  std::vector<PeakBlock> largest_at_peak;  ///< largest first, at most 12
  std::vector<PhaseRow> phases;            ///< in order of first appearance
  std::vector<SnapshotComponents> snapshots;  ///< those taken while recording
  std::vector<TimelinePoint> timeline;        ///< the last iteration, ≤ 400 points
  std::int64_t iterations = 0, events = 0, threads = 0;
  std::vector<LawCheck> checks;     ///< (a), (b), (c)
  std::vector<std::string> faults;  ///< any one makes the measurement invalid

  /// No fault, every check holds.
  bool closes() const { return faults.empty() && all_hold(checks); }
  const SnapshotComponents* find_snapshot(const std::string& name) const;
};

PeakReport analyse(const Recording& recording);

}  // namespace clipbench::profiler
