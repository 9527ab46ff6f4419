// Which component a block belongs to, and from when on: by claim, by scope, by lifetime. Pure.
#pragma once

#include <span>
#include <string_view>
#include <vector>

#include "profiler/memory_ledger.h"
#include "profiler/phase_spans.h"

namespace clipbench::profiler {

/// From position `from` on, until the next stretch or the block's death.
struct Stretch {
  Position from = 0;
  Component component = Component::temporary;
  std::string_view owner;
};

/// Never empty; the first stretch begins at the block's birth.
///   - A claim wins: Since::birth over the whole life so far, Since::now from its own event on.
///   - Else the scope that the block was allocated in.
///   - Else its lifetime: born in `forward` and live at the end of that forward: activations; born
///   in
///     `backward` or `backward2`: activation_gradients; everything else: temporary.
/// A claim without an owner keeps the owner that was known.
std::vector<Stretch> classify(const Lifetime& life, std::span<const PhaseSpan> phases);

/// The stretch that holds at a position at which the block is live.
const Stretch& stretch_at(std::span<const Stretch> stretches, Position position);

}  // namespace clipbench::profiler
