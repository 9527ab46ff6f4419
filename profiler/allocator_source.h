// Where events come from: an allocator that can be listened to and that keeps statistics of its
// own.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "profiler/event.h"

namespace clipbench::profiler {

class EventLog;

/// The allocator's own numbers, kept by other code than the ledger's: the law compares the two.
/// "Allocated" counts blocks, "requested" what was asked for; on CPU they are the same.
struct AllocatorStatistics {
  std::int64_t allocated_bytes = 0, peak_allocated_bytes = 0;
  std::int64_t requested_bytes = 0, peak_requested_bytes = 0;
  std::optional<std::int64_t> reserved_bytes, peak_reserved_bytes;  ///< none on CPU
};

class AllocatorSource {
 public:
  virtual ~AllocatorSource() = default;

  virtual AllocatorStatistics statistics() const = 0;

  /// Peaks start again from what is live now.
  virtual void reset_peak() = 0;

  /// From now on every allocation and free goes to `log`; returns the blocks that are live at this
  /// moment. The calling thread is the one that trains. Throws if the account can't be exact.
  virtual std::vector<SeedBlock> attach(EventLog& log) = 0;

  /// The statistics together with `event`'s place in the stream: no allocation lies between the
  /// two.
  virtual AllocatorStatistics mark(EventLog& log, const Event& event) = 0;

  /// Claims what only the allocator's side knows: library workspaces.
  virtual void claim_workspaces(EventLog& log) = 0;

  /// Ends what attach began, on the same thread; the statistics are those of the last event.
  virtual AllocatorStatistics detach() = 0;
};

}  // namespace clipbench::profiler
