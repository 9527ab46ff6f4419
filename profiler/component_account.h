// Bytes by component at chosen moments of a recording. Pure.
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <vector>

#include "profiler/classification.h"

namespace clipbench::profiler {

/// Indexed by Component. Every component counts requested bytes; `rounding` has block − requested
/// of all blocks, so that the sum is the allocator's "allocated".
using ComponentBytes = std::array<std::int64_t, kComponents>;

std::int64_t total(const ComponentBytes& bytes);

/// The most that a component held, and the first moment at which it did.
struct HighWater {
  std::int64_t bytes = 0;
  Position position = 0;
};

class ComponentAccount {
 public:
  /// `lifetimes` must outlive the account.
  ComponentAccount(std::span<const Lifetime> lifetimes, std::span<const PhaseSpan> phases);

  /// One row for each of the positions, which may come in any order.
  std::vector<ComponentBytes> at(std::span<const Position> positions) const;

  /// Indexed by Component. Components reach theirs at different moments: the sum is no peak.
  std::array<HighWater, kComponents> high_water() const;

  struct Block {
    const Lifetime* life = nullptr;
    Stretch stretch;
  };
  /// The blocks with the most requested bytes among those live at `position`, largest first.
  std::vector<Block> largest_at(Position position, std::size_t count) const;

 private:
  struct Change {
    Position position = 0;
    Component component = Component::temporary;
    std::int64_t bytes = 0;
  };
  void add_changes(const Lifetime& life, std::span<const Stretch> stretches);

  std::span<const Lifetime> lifetimes_;
  std::vector<std::vector<Stretch>> stretches_;  // one a lifetime
  std::vector<Change> changes_;                  // by position
};

}  // namespace clipbench::profiler
