// When a comparison may look, and whether the machine held still.
#include "comparison/looks.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <numeric>

#include "comparison/canary.h"

namespace clipbench::comparison {
namespace {

using testing::HasSubstr;

TEST(PlannedLooks, SpendAlphaOnceInAll) {
  double spent = 0;
  std::int64_t before = 0;
  for (const Look& look : planned_looks(0.05)) {
    EXPECT_GT(look.processes, before);
    EXPECT_LT(look.alpha, 0.05);
    before = look.processes;
    spent += look.alpha;
  }
  EXPECT_NEAR(spent, 0.05, 1e-15);
}

TEST(PlannedLooks, TheFirstCanRejectInTensOfCases) {
  const Look first = planned_looks(0.05).front();
  const auto count = static_cast<std::size_t>(first.processes);
  EXPECT_GE(most_rejectable_cases(count, count, first.alpha), 30U);
}

TEST(Decided, NeedsEveryTime) {
  Comparison comparison;
  comparison.cases.resize(2);
  EXPECT_TRUE(is_decided(comparison));
  comparison.cases[1].time.emplace();
  EXPECT_FALSE(is_decided(comparison));
  comparison.cases[1].time->verdict = Verdict::same;
  EXPECT_TRUE(is_decided(comparison));
}

TEST(Canary, SeesAMachineThatBecomesSlower) {
  std::vector<CanaryReading> readings(6, {10, 4});
  EXPECT_FALSE(drift_of(readings).drifted);
  EXPECT_THAT(canary_line(readings), HasSubstr("held still"));
  for (std::size_t i = 3; i < 6; ++i) readings[i].copy_ms = 4.2;
  EXPECT_TRUE(drift_of(readings).drifted);
  EXPECT_DOUBLE_EQ(drift_of(readings).copy, 1.05);
  EXPECT_EQ(drift_of(readings).gemm, 1);
  EXPECT_THAT(canary_line(readings), HasSubstr("1.000, 1.050: the machine drifted"));
}

TEST(Canary, OneReadingOrNoneSaysNothing) {
  EXPECT_FALSE(drift_of({{10, 4}}).drifted);
  EXPECT_EQ(canary_line({}), "");
}

}  // namespace
}  // namespace clipbench::comparison
