// The step's time axis: phases at their allocations, as wide as the device says.
#include "reporters/step_timeline.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <limits>

namespace clipbench::reporters {
namespace {

constexpr std::int64_t kMs = 1'000'000;

/// Host: forward 1–4, backward 4–8, clip 8–10, backward2 10–14, step 14–15 ms, then a wait
/// until 60.
Record far_ahead(const std::string& device) {
  Record r;
  r.config.device = device;
  Timeline& t = r.memory.timeline;
  for (const std::int64_t ms : {0, 1, 2, 3, 5, 8, 10, 11, 14, 15, 60}) t.t_ns.push_back(ms * kMs);
  t.allocated_bytes = {1, 1, 5, 8, 9, 7, 7, 12, 3, 3, 2};
  t.components["norms"] = {0, 0, 0, 0, 4, 4, 12, 12, 12, 8, 0};
  r.snapshots = {{"iter2_before_forward", 0, {}, 1 * kMs},
                 {"iter2_after_forward", 0, {}, 4 * kMs},
                 {"iter2_after_backward", 0, {}, 14 * kMs},
                 {"iter2_after_step", 0, {}, 15 * kMs}};
  r.phases = {{"forward", 20, 0},
              {"backward", 30, 0},
              {"clip", 0.5, 0},
              {"backward2", 8, 0},
              {"step", 2, 0}};
  return r;
}

TEST(HostPhases, EndAtSnapshotsAndWhereTheFactorsAreMade) {
  const auto spans = host_phases(far_ahead("cuda"));
  ASSERT_EQ(spans.size(), 5U);
  const std::vector<double> ends = {4, 8, 10, 14, 15};
  for (std::size_t i = 0; i < spans.size(); ++i) EXPECT_NEAR(spans[i].end_ms, ends[i], 1e-9) << i;
}

TEST(HostPhases, OfASampleAtATimeAreOneSpan) {
  Record r = far_ahead("cuda");
  r.config.schedule = "microbatch";
  const auto spans = host_phases(r);
  ASSERT_EQ(spans.size(), 2U);
  EXPECT_EQ(spans[0].name, kPhasesOfEachSample);
  EXPECT_NEAR(spans[0].begin_ms, 1, 1e-9);
  EXPECT_NEAR(spans[0].end_ms, 14, 1e-9);
  EXPECT_NEAR(spans[0].ms, 58.5, 1e-9);
  EXPECT_EQ(spans[1].name, "step");
}

TEST(StepAxis, OnAGpuPhasesAreAsWideAsTheirDeviceTime) {
  const Record r = far_ahead("cuda");
  const StepAxis axis = step_axis(r);
  ASSERT_EQ(axis.phases.size(), r.phases.size());
  double at = 1;  // the lead-in is the host's
  for (std::size_t i = 0; i < r.phases.size(); ++i) {
    EXPECT_EQ(axis.phases[i].name, r.phases[i].name);
    EXPECT_NEAR(axis.phases[i].begin_ms, at, 1e-9) << r.phases[i].name;
    EXPECT_NEAR(axis.phases[i].end_ms, at += r.phases[i].ms, 1e-9) << r.phases[i].name;
  }
  EXPECT_NEAR(axis.end_ms(), at, 1e-9) << "the host's wait takes none of the device's time";
}

TEST(StepAxis, OnAGpuPointsKeepTheirOrderAndTheirPlaceInThePhase) {
  const Record r = far_ahead("cuda");
  const StepAxis axis = step_axis(r);
  ASSERT_EQ(axis.point_ms.size(), r.memory.timeline.t_ns.size());
  EXPECT_TRUE(std::is_sorted(axis.point_ms.begin(), axis.point_ms.end()));
  EXPECT_NEAR(axis.point_ms[2], 1 + 20 / 3.0, 1e-9) << "a third into forward";
  EXPECT_NEAR(axis.point_ms[4], 21 + 30 / 4.0, 1e-9) << "a quarter into backward";
  const auto peak = static_cast<std::size_t>(highest_point(r.memory.timeline));
  EXPECT_EQ(peak, 7U);
  EXPECT_NEAR(axis.point_ms[peak], 51.5 + 8 / 4.0, 1e-9) << "a quarter into backward2";
}

TEST(StepAxis, OnACpuNothingMoves) {
  const Record r = far_ahead("cpu");
  const StepAxis axis = step_axis(r);
  for (std::size_t i = 0; i < axis.point_ms.size(); ++i) {
    EXPECT_EQ(axis.point_ms[i], since_begin_ms(r.memory.timeline, r.memory.timeline.t_ns[i]));
  }
  EXPECT_NEAR(axis.phases[4].end_ms, 15, 1e-9);
}

TEST(StepAxis, SurvivesUnknownDeviceTimes) {
  Record r = far_ahead("cuda");
  for (Phase& phase : r.phases) phase.ms = 0;
  r.phases[0].ms = std::numeric_limits<double>::quiet_NaN();
  const StepAxis axis = step_axis(r);
  EXPECT_TRUE(std::is_sorted(axis.point_ms.begin(), axis.point_ms.end()));
  EXPECT_TRUE(step_axis(Record{}).point_ms.empty());
}

TEST(DeviceClock, RunsWithinPhasesAndStandsStillBetween) {
  const DeviceClock clock({{"forward", 2, 4, 10}, {"backward", 6, 7, 20}, {"forward", 7, 8, 10}});
  EXPECT_NEAR(clock.at(1), 1, 1e-9);
  EXPECT_NEAR(clock.at(3), 7, 1e-9);
  EXPECT_NEAR(clock.at(5), 12, 1e-9);
  EXPECT_NEAR(clock.at(6.5), 22, 1e-9);
  EXPECT_NEAR(clock.at(7.5), 37, 1e-9);
  EXPECT_NEAR(clock.at(99), 42, 1e-9);
}

}  // namespace
}  // namespace clipbench::reporters
