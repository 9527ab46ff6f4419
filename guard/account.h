// What a recording says about the bytes that code asked for, and who held them. Pure.
#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "profiler/component_account.h"
#include "profiler/memory_ledger.h"
#include "profiler/phase_spans.h"
#include "profiler/recording.h"

namespace clipbench::guard {

using profiler::Position;

/// Counts what was asked for, as profiler::Component says. What a CUDA allocator adds to a block
/// depends on what its pool held before; so `rounding` is always 0 here.
class Account {
 public:
  /// `recording` must outlive the account.
  explicit Account(const profiler::Recording& recording);
  Account(const Account&) = delete;
  Account& operator=(const Account&) = delete;

  std::int64_t live_bytes(Position position) const { return live_bytes_[position]; }
  /// The first moment at which live_bytes() is highest.
  Position peak() const { return peak_; }
  /// "" outside all phases.
  std::string phase(Position position) const;

  profiler::ComponentBytes components(Position position) const;
  std::array<profiler::HighWater, profiler::kComponents> high_water() const;

  using Block = profiler::ComponentAccount::Block;
  /// The largest block that is live at `position` and that `counts` accepts.
  std::optional<Block> largest(Position position,
                               const std::function<bool(const Block&)>& counts) const;

 private:
  profiler::MemoryLedger ledger_;
  std::vector<std::int64_t> live_bytes_;  // by position
  Position peak_ = 0;
  std::vector<profiler::PhaseSpan> phases_;
  std::optional<profiler::ComponentAccount> components_;  // once the ledger is complete
};

/// Moments after the recording's snapshots, in order.
std::vector<Position> snapshot_positions(const profiler::Recording& recording);

}  // namespace clipbench::guard
