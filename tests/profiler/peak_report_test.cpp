#include "profiler/peak_report.h"

#include <gmock/gmock.h>

#include "explain.h"
#include "streams.h"

namespace clipbench::profiler {
namespace {

using namespace streams;
using testing::IsEmpty;
using testing::SizeIs;

/// A parameter from before; an activation, its gradient; blocks are 8 bytes larger than requested.
Recording small_step() {
  Recording r;
  r.seed = {{1, 100, 108}};
  r.events = {claim(1, Component::parameters, Since::birth, "fc"),
              iteration(0),
              phase("forward"),
              alloc(2, 40, 48),
              snapshot_row(0),
              phase("backward"),
              alloc(3, 100, 108),
              claim(3, Component::gradients, Since::birth, "fc"),
              free(2),
              phase("step"),
              free(3),
              phase_ends()};
  r.snapshots = {{"iter0_after_forward", 156, 140, std::nullopt, 0}};
  r.statistics = {108, 264, 100, 240, {}, {}};
  for (std::size_t i = 0; i < r.events.size(); ++i)
    r.events[i].t_ns = static_cast<int>(i) * 1'000'000;
  return r;
}

TEST(PeakReport, ComponentsAtThePeakCloseToTheByte) {
  const PeakReport report = analyse(small_step());
  EXPECT_TRUE(report.closes());
  EXPECT_EQ(report.peak_allocated_bytes, 264);
  EXPECT_EQ(report.residual_bytes, 0);
  EXPECT_EQ(report.peak_phase, "backward");
  EXPECT_EQ(of(report.components_at_peak, Component::parameters), 100);
  EXPECT_EQ(of(report.components_at_peak, Component::activations), 40);
  EXPECT_EQ(of(report.components_at_peak, Component::gradients), 100);
  EXPECT_EQ(of(report.components_at_peak, Component::rounding), 24);
  EXPECT_EQ(total(report.components_at_peak), 264);
}

TEST(PeakReport, LargestBlocksNameTheirOwner) {
  const PeakReport report = analyse(small_step());
  ASSERT_THAT(report.largest_at_peak, SizeIs(3));
  EXPECT_EQ(report.largest_at_peak[0].owner, "fc");
  EXPECT_EQ(report.largest_at_peak[0].block_bytes, 108);
  EXPECT_EQ(report.largest_at_peak[2].component, Component::activations);
}

TEST(PeakReport, PhasesHaveTheirTimeAndTheirPeak) {
  const PeakReport report = analyse(small_step());
  ASSERT_THAT(report.phases, SizeIs(3));
  EXPECT_EQ(report.phases[0].name, "forward");
  EXPECT_DOUBLE_EQ(report.phases[0].ms, 3.0);
  EXPECT_EQ(report.phases[0].peak_allocated_bytes, 156);
  EXPECT_EQ(report.phases[1].peak_allocated_bytes, 264);
  EXPECT_EQ(report.phases[2].peak_allocated_bytes, 216);  // held when the phase began
}

TEST(PeakReport, PhaseTimeIsPerIterationAndTheDevicesWhereThereIsOne) {
  Recording r = small_step();
  r.events.push_back(iteration(1));
  r.events.push_back(phase("forward"));
  r.phase_device_ms = {2.0, 1.0, 1.0, 6.0};
  const PeakReport report = analyse(r);
  EXPECT_EQ(report.iterations, 2);
  EXPECT_EQ(report.phases[0].calls, 2);
  EXPECT_DOUBLE_EQ(report.phases[0].ms, 4.0);
}

TEST(PeakReport, SnapshotsCarryComponents) {
  const PeakReport report = analyse(small_step());
  const SnapshotComponents* s = report.find_snapshot("iter0_after_forward");
  ASSERT_NE(s, nullptr);
  EXPECT_EQ(s->ledger_allocated_bytes, 156);
  EXPECT_EQ(of(s->components, Component::activations), 40);
  EXPECT_EQ(report.find_snapshot("iter0_after_step"), nullptr);
}

TEST(PeakReport, TimelineShowsTheLastIterationAlone) {
  Recording r = small_step();
  r.events.push_back(iteration(1));
  r.events.push_back(alloc(9, 1));
  const PeakReport report = analyse(r);
  ASSERT_THAT(report.timeline, SizeIs(2));
  EXPECT_EQ(report.timeline.front().allocated_bytes, 108);
  EXPECT_EQ(report.timeline.back().allocated_bytes, 109);
  EXPECT_EQ(total(report.timeline.back().components), 109);
}

TEST(PeakReport, EveryDroppedMemoryEventIsNoticed) {
  for (std::size_t i = 0; i < small_step().events.size(); ++i) {
    Recording r = small_step();
    const Event::Kind kind = r.events[i].kind;
    if (kind != Event::Kind::alloc && kind != Event::Kind::free) continue;
    r.events.erase(r.events.begin() + static_cast<std::ptrdiff_t>(i));
    EXPECT_FALSE(analyse(r).closes()) << "event " << i;
  }
}

TEST(PeakReport, WrongBlockSizeIsNoticed) {
  Recording r = small_step();
  r.events[3].block_bytes += 512;
  EXPECT_FALSE(analyse(r).closes());
}

TEST(PeakReport, EmptyRecordingCloses) {
  const PeakReport report = analyse({});
  EXPECT_TRUE(report.closes());
  EXPECT_EQ(report.peak_allocated_bytes, 0);
  EXPECT_THAT(report.phases, IsEmpty());
}

}  // namespace
}  // namespace clipbench::profiler
