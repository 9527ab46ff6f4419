// Statistics of one process's step times, and when to stop sampling. Pure.
#pragma once

#include <cstdint>
#include <utility>
#include <vector>

#include "bench/cases/worker_options.h"

namespace clipbench::bench {

double median(std::vector<double> values);  ///< of at least one value

/// Percentile bootstrap 95 % interval of the median, 1000 resamples, fixed seed: equal samples,
/// equal interval.
std::pair<double, double> bootstrap_median_ci95(const std::vector<double>& samples);

/// Half the interval's width relative to the median.
double relative_half_width(const std::vector<double>& samples);

struct SamplingState {
  std::vector<double> samples_ms;
  double seconds = 0;  ///< since sampling began
};

/// Enough samples and a narrow interval; or the most samples or seconds allowed; or exactly the
/// fixed count.
bool stop_sampling(const SamplingState&, const WorkerOptions&);
/// The interval is as narrow as asked; a fixed count is settled by definition.
bool settled(const SamplingState&, const WorkerOptions&);
/// Samples that must be there before the interval counts: half as many above a second a step.
std::int64_t needed_samples(const SamplingState&, const WorkerOptions&);

}  // namespace clipbench::bench
