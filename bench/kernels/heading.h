// Names of comparisons and of their rows. Pure but for the device, which ends a row's name.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "bench/kernels/layer_shape.h"

namespace clipbench::bench {

struct Heading {
  struct Size {
    char name;  ///< B, T, d or n
    std::int64_t value;
  };

  std::vector<std::string> words;   ///< what the numbers below don't say
  std::optional<LayerShape> layer;  ///< where there is one
  std::vector<Size> sizes;
  std::string family = "kernel", dtype = "bf16";

  /// "head 768 → 50304, B 8, T 1024"
  std::string title() const;
  /// "kernel/<candidate>/head/T:1024/B:8/p:768/d:50304/bf16/cuda"
  std::string row(const std::string& candidate) const;
};

}  // namespace clipbench::bench
