#include "reporters/ratio_axis.h"

#include <algorithm>
#include <cmath>

#include "reporters/figure_script.h"

namespace clipbench::reporters {
namespace {

std::vector<double> log_ticks(double min, double max) {
  std::vector<double> ticks;
  for (double power = 1e-6; power < max; power *= 10) {
    for (const double digit : {1.0, 1.5, 2.0, 3.0, 5.0, 7.0}) {
      if (digit * power >= min && digit * power <= max) ticks.push_back(digit * power);
    }
  }
  while (ticks.size() > 9) {  // too dense: every second one
    for (std::size_t i = 1; i < ticks.size(); ++i)
      ticks.erase(ticks.begin() + static_cast<std::ptrdiff_t>(i));
  }
  return ticks;
}

std::vector<double> linear_ticks(double min, double max) {
  const double step = nice_step(max - min, 5);
  std::vector<double> ticks;
  for (double i = std::ceil(min / step - 1e-9); i * step <= max * (1 + 1e-12); ++i)
    ticks.push_back(i * step);
  return ticks;
}

int digits_of(double step) {
  int digits = 0;
  while (digits < 6 && std::abs(step - std::round(step)) > 1e-9 * step) {
    step *= 10;
    ++digits;
  }
  return digits;
}

}  // namespace

double RatioAxis::fraction(double value) const {
  if (log) return std::log(value / min) / std::log(max / min);
  return (value - min) / (max - min);
}

RatioAxis ratio_axis(const std::vector<double>& values, double log_from, double pad,
                     double least_span) {
  const auto [low, high] = std::minmax_element(values.begin(), values.end());
  RatioAxis axis;
  axis.log = *high > log_from * *low;
  if (axis.log) {
    const double factor = std::pow(*high / *low, pad);
    axis.min = *low / factor;
    axis.max = *high * factor;
    axis.ticks = log_ticks(axis.min, axis.max);
    axis.digits = -1;
    return axis;
  }
  const double span = std::max(*high - *low, least_span * *high);
  const double middle = (*high + *low) / 2;
  axis.min = middle - (0.5 + pad) * span;
  axis.max = middle + (0.5 + pad) * span;
  axis.ticks = linear_ticks(axis.min, axis.max);
  axis.digits = digits_of(nice_step(axis.max - axis.min, 5));
  return axis;
}

}  // namespace clipbench::reporters
