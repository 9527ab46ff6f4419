// The account of one recording: a replay of its events over the blocks that were live before. Pure.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <unordered_map>
#include <vector>

#include "profiler/event.h"

namespace clipbench::profiler {

struct ClaimAt {
  Position position = 0;
  Component component = Component::temporary;
  std::string_view owner;
  Since since = Since::birth;
};

/// One block from its allocation to its free; live at positions [birth, death).
struct Lifetime {
  std::uintptr_t address = 0;
  std::int64_t requested_bytes = 0, block_bytes = 0;
  Position birth = 0, death = kNever;
  bool tagged = false;  ///< allocated inside a Scope, which said component and owner
  Component component = Component::temporary;
  std::string_view owner;
  std::vector<ClaimAt> claims;  ///< in order

  bool live_at(Position p) const { return birth <= p && p < death; }
};

class MemoryLedger {
 public:
  explicit MemoryLedger(std::span<const SeedBlock> seed);

  /// Never throws over what it reads: an impossible event becomes a fault.
  void apply(const Event& event);

  Position position() const { return position_; }
  std::int64_t live_requested_bytes() const { return live_requested_bytes_; }
  std::int64_t live_block_bytes() const { return live_block_bytes_; }
  std::int64_t peak_requested_bytes() const { return peak_requested_bytes_; }
  std::int64_t peak_block_bytes() const { return peak_block_bytes_; }

  /// The last position at which the live blocks reached their peak.
  Position peak_position() const { return peak_position_; }

  /// Every block that was ever live, in order of birth.
  const std::vector<Lifetime>& lifetimes() const { return lifetimes_; }

  /// Unmatched frees, addresses allocated twice, allocations of unknown block size; the first 20.
  const std::vector<std::string>& faults() const { return faults_; }

 private:
  void allocate(const Event& event);
  void free(std::uintptr_t address);
  void claim(const Event& event);
  void add(Lifetime lifetime);
  void note_peaks();
  void fault(std::string text);

  Position position_ = 0;
  std::int64_t live_requested_bytes_ = 0, live_block_bytes_ = 0;
  std::int64_t peak_requested_bytes_ = 0, peak_block_bytes_ = 0;
  Position peak_position_ = 0;
  std::vector<Lifetime> lifetimes_;
  std::unordered_map<std::uintptr_t, std::size_t> live_;  // address → place in lifetimes_
  std::vector<std::string> faults_;
};

}  // namespace clipbench::profiler
