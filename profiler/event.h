// What a recording consists of: one totally ordered stream of allocations, claims and marks.
#pragma once

#include <cstddef>
#include <cstdint>
#include <limits>
#include <string_view>

#include "profiler/component.h"
#include "profiler/observe.h"

namespace clipbench::profiler {

inline constexpr std::int64_t kUnknownBytes = -1;

struct Event {
  enum class Kind : std::uint8_t { alloc, free, claim, phase, end_phase, iteration, snapshot };

  Kind kind = Kind::alloc;
  bool tagged = false;         ///< alloc: a Scope was open on its thread
  Since since = Since::birth;  ///< claim
  Component component =
      Component::temporary;          ///< alloc: the scope's, if tagged; claim: the claimed one
  std::uint32_t thread = 0;          ///< small number, one a thread
  std::uintptr_t address = 0;        ///< alloc, free, claim: the block's first byte
  std::int64_t requested_bytes = 0;  ///< alloc: what was asked for
  std::int64_t block_bytes = kUnknownBytes;  ///< alloc: what the allocator set aside
  std::int64_t t_ns = 0;                     ///< see clock.h
  std::int64_t index = 0;                    ///< iteration: its number; snapshot: its row
  std::string_view name;                     ///< alloc, claim: owner; phase: its name
};

/// A block that was already live when the recording began.
struct SeedBlock {
  std::uintptr_t address = 0;
  std::int64_t requested_bytes = 0;
  std::int64_t block_bytes = 0;
};

/// A moment of a recording is the number of events applied: 0 is the seed, i + 1 the state after
/// event i.
using Position = std::size_t;
inline constexpr Position kNever = std::numeric_limits<Position>::max();

}  // namespace clipbench::profiler
