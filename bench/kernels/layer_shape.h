#pragma once

#include <cstdint>

namespace clipbench::bench {

/// A linear layer p → d.
struct LayerShape {
  std::int64_t p, d;
};

}  // namespace clipbench::bench
