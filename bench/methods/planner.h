// The way that each linear layer takes under the method `auto`: the fastest that fits a byte
// budget, from counted FLOPs and bytes and what the device makes of them.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "bench/methods/catalog.h"

namespace clipbench::bench {

/// p → d, B samples of T tokens.
struct LinearShape {
  std::int64_t B, T, p, d, element_bytes;
  bool on_chip = false;        ///< norms are taken where tiles form and nothing is read twice
  std::int64_t gram_tile = 0;  ///< tokens of a tile of the Gram where it forms; 0: in memory
  bool in_caches = false;      ///< likewise of a CPU, norms and Gram
  bool copied = false;  ///< rows of g are copied before the kernels read them, once for each use
  std::int64_t sharing_a = 1;  ///< layers with this input: each answers for its part of the bytes
};

/// What a device makes of counted work.
struct DeviceRates {
  double flops = 1;  ///< a second, of a weight gradient's product
  double bytes = 1;  ///< a second, read or written
};

/// A way, the seconds that its norm and its sum take together, and the bytes that it keeps from the
/// layer's backward to its sum.
struct Option {
  NormWay way;
  double seconds;
  std::int64_t kept_bytes;
};

/// Of stored_fused, fused_gram and width, the cheapest first; ties in this order.
std::vector<Option> options_of(const LinearShape&, const DeviceRates&);

/// A layer as the backward pass meets it, in that order.
struct PlannedLayer {
  std::string name;
  std::vector<Option> options;     ///< of options_of()
  std::int64_t live_bytes = 0;     ///< at its visit, where no layer keeps anything
  std::int64_t passing_bytes = 0;  ///< above that, until the next visit
};

/// An option's index for each layer: the fastest ones; where their kept bytes exceed the budget,
/// those that lose the least time a saved byte give way. Where nothing fits, what keeps least.
std::vector<std::size_t> choose(const std::vector<PlannedLayer>&, std::int64_t budget_bytes);

}  // namespace clipbench::bench
