// Names of comparisons and of their rows. Pure but for the device, which ends a row's name.
#pragma once

#include <string>
#include <utility>

namespace clipbench::bench {

/// `title` stands on the console, its parts in rows' names: "1280 → 5120, B 8, T 1024" gives
/// `kernel/<candidate>/T:1024/B:8/p:1280/d:5120/bf16/cuda`.
struct Heading {
  Heading(std::string title, std::string family = "kernel", std::string dtype = "bf16")
      : title(std::move(title)), family(std::move(family)), dtype(std::move(dtype)) {}
  std::string row(const std::string& candidate) const;

  std::string title, family, dtype;
};

}  // namespace clipbench::bench
