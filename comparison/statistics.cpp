#include "comparison/statistics.h"

#include <algorithm>
#include <numeric>
#include <random>

namespace clipbench::comparison {
namespace {

constexpr std::size_t kResamples = 2000;

/// The median of as many values drawn with replacement. `buffer` has the group's size.
double resampled_median(const std::vector<double>& group, std::vector<double>& buffer,
                        std::mt19937_64& random) {
  for (double& value : buffer) value = group[random() % group.size()];
  const auto middle = buffer.begin() + static_cast<std::ptrdiff_t>(buffer.size() / 2);
  std::nth_element(buffer.begin(), middle, buffer.end());
  if (buffer.size() % 2 == 1) return *middle;
  return (*middle + *std::max_element(buffer.begin(), middle)) / 2;
}

/// Linear between order statistics, as numpy's percentile.
double quantile(const std::vector<double>& sorted, double part) {
  const double at = part * static_cast<double>(sorted.size() - 1);
  const auto below = static_cast<std::size_t>(at);
  const std::size_t above = std::min(below + 1, sorted.size() - 1);
  return sorted[below] + (at - static_cast<double>(below)) * (sorted[above] - sorted[below]);
}

/// Indices in the order of rising values.
std::vector<std::size_t> rising_order(const std::vector<double>& values) {
  std::vector<std::size_t> order(values.size());
  std::iota(order.begin(), order.end(), 0);
  std::stable_sort(order.begin(), order.end(),
                   [&](std::size_t a, std::size_t b) { return values[a] < values[b]; });
  return order;
}

}  // namespace

double median(std::vector<double> values) {
  std::sort(values.begin(), values.end());
  return quantile(values, 0.5);
}

Interval bootstrap_ratio_interval(const std::vector<double>& base, const std::vector<double>& next,
                                  double confidence) {
  std::mt19937_64 random(0);
  std::vector<double> base_buffer(base.size()), next_buffer(next.size()), ratios(kResamples);
  for (double& ratio : ratios) {
    const double below = resampled_median(base, base_buffer, random);
    ratio = resampled_median(next, next_buffer, random) / below;
  }
  std::sort(ratios.begin(), ratios.end());
  return {quantile(ratios, (1 - confidence) / 2), quantile(ratios, (1 + confidence) / 2)};
}

double least_p(std::size_t base_count, std::size_t next_count) {
  double arrangements = 1;  // C(n + m, n)
  for (std::size_t i = 1; i <= base_count; ++i)
    arrangements *= static_cast<double>(next_count + i) / static_cast<double>(i);
  return std::min(1.0, 2 / arrangements);
}

std::size_t most_rejectable_cases(std::size_t base_count, std::size_t next_count, double alpha) {
  constexpr double kMost = 1e9;  // from 34 against 34 on the quotient fits no integer
  return static_cast<std::size_t>(std::min(kMost, alpha / least_p(base_count, next_count) + 1e-9));
}

std::vector<double> holm(const std::vector<double>& p) {
  std::vector<double> adjusted(p.size());
  double highest = 0;
  std::size_t left = p.size();
  for (const std::size_t i : rising_order(p)) {
    highest = std::max(highest, std::min(1.0, p[i] * static_cast<double>(left--)));
    adjusted[i] = highest;
  }
  return adjusted;
}

double cliffs_delta(const std::vector<double>& base, const std::vector<double>& next) {
  double sum = 0;
  for (const double b : base)
    for (const double n : next) sum += (n > b) - (n < b);
  return sum / static_cast<double>(base.size() * next.size());
}

}  // namespace clipbench::comparison
