// Expected values are those of scipy 1.17.1 (`u` is scipy.stats.mannwhitneyu) and statsmodels 0.14.
#include "comparison/statistics.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace clipbench::comparison {
namespace {

using testing::DoubleNear;
using testing::ElementsAre;
using testing::IsEmpty;
using Values = std::vector<double>;

const Values kBase = {41.2, 40.8, 41.5, 41.9, 40.6, 41.1, 42.3};
const Values kSlower = {45.1, 44.2, 45.9, 41.7, 46.0, 44.8, 45.3};
constexpr double kRounding = 1e-12;

Values rising(std::size_t count, double first) {
  Values values;
  for (std::size_t i = 0; i < count; ++i) values.push_back(first + static_cast<double>(i));
  return values;
}

TEST(MannWhitney, IsExactWithoutTies) {
  // u(base, slower, method='exact').pvalue
  EXPECT_NEAR(mann_whitney_p(kBase, kSlower), 0.002331002331002331, kRounding);
  // u([10.1,10.4,9.9,10.2,10.0], [10.6,10.9,10.3,10.7,10.8], method='exact').pvalue
  EXPECT_NEAR(mann_whitney_p({10.1, 10.4, 9.9, 10.2, 10.0}, {10.6, 10.9, 10.3, 10.7, 10.8}),
              0.015873015873015872, kRounding);
  // u([5,1,9], [2,3,4,6,7,8,10,11], method='exact').pvalue
  EXPECT_NEAR(mann_whitney_p({5, 1, 9}, {2, 3, 4, 6, 7, 8, 10, 11}), 0.6303030303030304, kRounding);
  // u([1,4], [2,3], method='exact').pvalue
  EXPECT_NEAR(mann_whitney_p({1, 4}, {2, 3}), 1.0, kRounding);
}

TEST(MannWhitney, IsExactUpToFiftyValues) {
  Values a, b;
  for (int i = 0; i < 25; ++i) {
    a.push_back(3 * i % 25 + 0.3 * i);
    b.push_back(5 * i % 25 + 2 + 0.31 * i);
  }
  // u(a, b, method='exact').pvalue
  EXPECT_NEAR(mann_whitney_p(a, b), 0.9693262277568346, kRounding);
}

TEST(MannWhitney, CorrectsForTiesAndContinuityElsewhere) {
  // u([1,2,2,3,4,4,4], [2,3,4,5,5,6], method='asymptotic').pvalue
  EXPECT_NEAR(mann_whitney_p({1, 2, 2, 3, 4, 4, 4}, {2, 3, 4, 5, 5, 6}), 0.12500621852933796,
              kRounding);
  // u(range(30), [i + 4.5 for i in range(30)], method='asymptotic').pvalue
  EXPECT_NEAR(mann_whitney_p(rising(30, 0), rising(30, 4.5)), 0.06567125768912659, kRounding);
  EXPECT_EQ(mann_whitney_p({1, 1, 1}, {1, 1, 1}), 1);
}

TEST(MannWhitney, DoesNotCareWhichGroupIsNamedFirst) {
  EXPECT_EQ(mann_whitney_p(kBase, kSlower), mann_whitney_p(kSlower, kBase));
}

TEST(LeastP, IsThatOfSeparatedGroups) {
  // u([1,2,3,4,5], [6,7,8,9,10], method='exact').pvalue, and 7 against 7 likewise
  EXPECT_NEAR(least_p(5, 5), 0.007936507936507936, kRounding);
  EXPECT_NEAR(least_p(7, 7), 0.0005827505827505828, kRounding);
  EXPECT_NEAR(mann_whitney_p(rising(7, 0), rising(7, 7)), least_p(7, 7), kRounding);
  EXPECT_EQ(least_p(1, 1), 1);
}

TEST(LeastP, BoundsTheCasesThatHolmCanReject) {
  EXPECT_EQ(most_rejectable_cases(3, 3, 0.05), 0U);
  EXPECT_EQ(most_rejectable_cases(4, 4, 0.05), 1U);
  EXPECT_EQ(most_rejectable_cases(5, 5, 0.05), 6U);
  EXPECT_EQ(most_rejectable_cases(7, 7, 0.05), 85U);
  for (const std::size_t many : {33U, 40U, 600U})  // no integer holds the arrangements
    EXPECT_GE(most_rejectable_cases(many, many, 0.05), 1000000U) << many;
}

TEST(Holm, IsThatOfStatsmodels) {
  // multipletests([0.01,0.04,0.03,0.005], method='holm')[1]
  EXPECT_THAT(holm({0.01, 0.04, 0.03, 0.005}),
              ElementsAre(DoubleNear(0.03, kRounding), DoubleNear(0.06, kRounding),
                          DoubleNear(0.06, kRounding), DoubleNear(0.02, kRounding)));
  // multipletests([0.01,0.02,0.022,0.09,0.9], method='holm')[1]
  EXPECT_THAT(holm({0.01, 0.02, 0.022, 0.09, 0.9}),
              ElementsAre(DoubleNear(0.05, kRounding), DoubleNear(0.08, kRounding),
                          DoubleNear(0.08, kRounding), DoubleNear(0.18, kRounding),
                          DoubleNear(0.9, kRounding)));
  EXPECT_THAT(holm({}), IsEmpty());
}

TEST(CliffsDelta, CountsPairs) {
  EXPECT_EQ(cliffs_delta({1, 2, 3}, {4, 5}), 1);
  EXPECT_EQ(cliffs_delta({4, 5}, {1, 2, 3}), -1);
  EXPECT_EQ(cliffs_delta({1, 2}, {1, 2}), 0);
  EXPECT_DOUBLE_EQ(cliffs_delta({1, 2, 3}, {2, 3, 4}), 5.0 / 9);  // 6 won, 1 lost, 2 tied
}

/// Medians of resamples are discrete: 2000 of them may end one step beside scipy's 99,999, and a
/// step between neighbours of these values is at most 0.8 %.
constexpr double kOneStep = 0.008;

TEST(BootstrapInterval, IsThatOfScipy) {
  // scipy.stats.bootstrap((base, slower), lambda x, y, axis: median(y) / median(x),
  //                       method='percentile', n_resamples=99999, confidence_level=0.95)
  const Interval wide = bootstrap_ratio_interval(kBase, kSlower, 0.95);
  EXPECT_NEAR(wide.low, 1.0650602409638554, kOneStep);
  EXPECT_NEAR(wide.high, 1.116788321167883, kOneStep);
  // the same of ([10.1,10.4,9.9,10.2,10.0], [10.6,10.9,10.3,10.7,10.8])
  const Interval narrow =
      bootstrap_ratio_interval({10.1, 10.4, 9.9, 10.2, 10.0}, {10.6, 10.9, 10.3, 10.7, 10.8}, 0.95);
  EXPECT_NEAR(narrow.low, 1.0192307692307692, kOneStep);
  EXPECT_NEAR(narrow.high, 1.09, kOneStep);
}

TEST(BootstrapInterval, IsAPointWhereNothingVaries) {
  const Interval point = bootstrap_ratio_interval({2, 2, 2}, {3, 3, 3, 3}, 0.95);
  EXPECT_EQ(point.low, 1.5);
  EXPECT_EQ(point.high, 1.5);
}

TEST(BootstrapInterval, IsWiderForMoreConfidence) {
  const Interval usual = bootstrap_ratio_interval(kBase, kSlower, 0.95);
  const Interval strict = bootstrap_ratio_interval(kBase, kSlower, 0.999);
  EXPECT_LT(strict.low, usual.low);
  EXPECT_GE(strict.high, usual.high);
}

TEST(Median, IsTheMiddleOne) {
  EXPECT_EQ(median({3, 1, 2}), 2);
  EXPECT_EQ(median({4, 1, 3, 2}), 2.5);
  EXPECT_EQ(median({7}), 7);
}

}  // namespace
}  // namespace clipbench::comparison
