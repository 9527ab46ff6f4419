// An axis that shows ratios or sizes: range, ticks, logarithmic where the values spread far. Pure.
#pragma once

#include <vector>

namespace clipbench::reporters {

struct RatioAxis {
  double min = 0, max = 1;
  bool log = false;
  std::vector<double> ticks;
  int digits = 0;  ///< decimals that tell the ticks apart; -1: as few as each needs
  double fraction(double value) const;  ///< 0 at min, 1 at max
};

/// `values` are finite and positive, at least one.
RatioAxis ratio_axis(const std::vector<double>& values);

}  // namespace clipbench::reporters
