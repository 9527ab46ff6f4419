#include "bench/worker/sample_statistics.h"

#include <gtest/gtest.h>

namespace clipbench::bench {
namespace {

SamplingState state(std::vector<double> samples, double seconds = 1) {
  return {std::move(samples), seconds};
}

TEST(Median, IsTheMiddleOrTheMeanOfTheTwoMiddleValues) {
  EXPECT_DOUBLE_EQ(median({3, 1, 2}), 2);
  EXPECT_DOUBLE_EQ(median({4, 1, 3, 2}), 2.5);
}

TEST(BootstrapMedian, IntervalHoldsTheMedianAndRepeats) {
  const std::vector<double> samples = {9, 10, 11, 10, 12, 8, 10, 11, 9, 30};
  const auto [low, high] = bootstrap_median_ci95(samples);
  EXPECT_LE(low, median(samples));
  EXPECT_GE(high, median(samples));
  EXPECT_LT(high, 30) << "one outlier does not carry the interval";
  EXPECT_EQ(bootstrap_median_ci95(samples), std::make_pair(low, high));
}

TEST(Sampling, GoesOnUntilTheIntervalIsNarrow) {
  const WorkerOptions options;
  EXPECT_FALSE(stop_sampling(state(std::vector<double>(9, 10.0)), options)) << "too few";
  EXPECT_TRUE(stop_sampling(state(std::vector<double>(10, 10.0)), options));
  std::vector<double> wide;
  for (int i = 0; i < 20; ++i) wide.push_back(i % 2 ? 10 : 20);
  EXPECT_FALSE(stop_sampling(state(wide), options));
  EXPECT_TRUE(stop_sampling(state(wide, options.max_seconds), options)) << "out of time";
  EXPECT_FALSE(settled(state(wide, options.max_seconds), options));
}

TEST(Sampling, NeedsHalfAsManySamplesAboveASecondAStep) {
  const WorkerOptions options;
  EXPECT_TRUE(stop_sampling(state(std::vector<double>(5, 2000.0), 10), options));
  EXPECT_FALSE(stop_sampling(state(std::vector<double>(4, 2000.0), 8), options));
}

TEST(Sampling, TakesExactlyAFixedNumberOfSteps) {
  WorkerOptions options;
  options.fixed_steps = 3;
  EXPECT_FALSE(stop_sampling(state({1, 1}, 1000), options));
  EXPECT_TRUE(stop_sampling(state({1, 50, 9}), options));
}

}  // namespace
}  // namespace clipbench::bench
