#include "profiler/timeline.h"

#include <gmock/gmock.h>

#include <algorithm>

namespace clipbench::profiler {
namespace {

using testing::Contains;
using testing::ElementsAre;
using testing::Le;
using testing::SizeIs;

TEST(Timeline, ShortCurveIsKeptWhole) {
  const std::vector<std::int64_t> curve{0, 3, 1, 2};
  EXPECT_THAT(timeline_points(curve, 0, 4, 1), ElementsAre(0, 1, 2, 3));
  EXPECT_THAT(timeline_points(curve, 2, 4, 1), ElementsAre(2, 3));
}

TEST(Timeline, LongCurveKeepsEndsAndPeakAndSpikes) {
  std::vector<std::int64_t> curve(100'000, 10);
  curve[777] = 1000;     // the peak
  curve[50'001] = 900;   // a spike of one event
  curve[50'002] = -900;  // and a dip
  const auto points = timeline_points(curve, 0, curve.size(), 777);
  EXPECT_THAT(points, SizeIs(Le(kTimelinePoints)));
  EXPECT_TRUE(std::is_sorted(points.begin(), points.end()));
  for (const Position p :
       {Position{0}, Position{777}, Position{50'001}, Position{50'002}, Position{99'999}}) {
    EXPECT_THAT(points, Contains(p));
  }
}

TEST(Timeline, OfEqualPeaksTheNamedOneIsKept) {
  std::vector<std::int64_t> curve(10'000, 10);
  curve[100] = curve[102] = 50;
  curve[101] = 5;
  EXPECT_THAT(timeline_points(curve, 0, curve.size(), 102), Contains(102));
}

}  // namespace
}  // namespace clipbench::profiler
