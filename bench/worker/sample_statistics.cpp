#include "bench/worker/sample_statistics.h"

#include <algorithm>
#include <random>

namespace clipbench::bench {

double median(std::vector<double> values) {
  const auto middle = values.begin() + static_cast<std::ptrdiff_t>(values.size() / 2);
  std::nth_element(values.begin(), middle, values.end());
  if (values.size() % 2 == 1) return *middle;
  return (*middle + *std::max_element(values.begin(), middle)) / 2;
}

std::pair<double, double> bootstrap_median_ci95(const std::vector<double>& samples) {
  constexpr std::size_t kResamples = 1000;
  std::mt19937_64 random(0);
  std::vector<double> medians(kResamples), resample(samples.size());
  for (auto& result : medians) {
    for (auto& value : resample) value = samples[random() % samples.size()];
    result = median(resample);
  }
  std::sort(medians.begin(), medians.end());
  return {medians[kResamples / 40], medians[kResamples - 1 - kResamples / 40]};
}

double relative_half_width(const std::vector<double>& samples) {
  const auto [low, high] = bootstrap_median_ci95(samples);
  return (high - low) / 2 / median(samples);
}

std::int64_t needed_samples(const SamplingState& state, const WorkerOptions& options) {
  const bool slow = median(state.samples_ms) > 1000;
  return slow ? (options.min_samples + 1) / 2 : options.min_samples;
}

bool settled(const SamplingState& state, const WorkerOptions& options) {
  return options.fixed_steps > 0 ||
         relative_half_width(state.samples_ms) <= options.target_half_width;
}

bool stop_sampling(const SamplingState& state, const WorkerOptions& options) {
  const auto count = static_cast<std::int64_t>(state.samples_ms.size());
  if (options.fixed_steps > 0) return count >= options.fixed_steps;
  if (count == 0) return false;
  if (count >= options.max_samples) return true;
  if (state.seconds >= std::max(options.max_seconds, options.min_seconds)) return true;
  return count >= needed_samples(state, options) && state.seconds >= options.min_seconds &&
         settled(state, options);
}

}  // namespace clipbench::bench
