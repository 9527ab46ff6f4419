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

/// `values` are finite and positive, at least one. Logarithmic if the largest is more than
/// `log_from` times the smallest. `pad`: room beyond the values on each side, as a part of their
/// span; a narrow span counts as `least_span` of the largest.
RatioAxis ratio_axis(const std::vector<double>& values, double log_from = 4, double pad = 0.2,
                     double least_span = 0.02);

}  // namespace clipbench::reporters
