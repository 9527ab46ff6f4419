// Where ways to clip cost the same, and the figure that shows it.
#include "reporters/overhead_curves.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

#include "reporters/figure_overhead.h"

namespace clipbench::reporters {
namespace {

using testing::HasSubstr;

/// extra and model: factor · T^power.
OverheadCurve power_law(const char* name, double factor, double power) {
  OverheadCurve curve{name, {}};
  for (const double T : {64, 256, 1024, 4096}) {
    const double extra = factor * std::pow(T, power);
    curve.points.push_back({T, extra, 0.9 * extra, 1.1 * extra, 2 * extra});
  }
  return curve;
}

OverheadLayer layer() {
  return {"1280 → 5120",
          8192,
          {power_law("stored", 10000, -1), power_law("fused_gram", 0.01, 1),
           power_law("width", 30, 0)}};
}

TEST(OverheadCurves, PowersOfTMeetWhereTheyAreEqual) {
  const auto found = crossovers(layer());
  ASSERT_EQ(found.size(), 3);
  const double expected[] = {10000.0 / 30, 1000, 3000};
  for (std::size_t i = 0; i < 3; ++i) {
    ASSERT_EQ(found[i].measured.size(), 1) << found[i].first;
    EXPECT_NEAR(found[i].measured[0].T, expected[i], 1e-9 * expected[i]);
    ASSERT_EQ(found[i].modelled.size(), 1);
    EXPECT_NEAR(found[i].modelled[0].T, expected[i], 1e-9 * expected[i]);
  }
  EXPECT_NEAR(found[0].measured[0].percent, 30, 1e-9);
  EXPECT_NEAR(found[1].modelled[0].percent, 20, 1e-9);
}

TEST(OverheadCurves, OverheadsBelowZeroMeetOnStraightLines) {
  OverheadLayer odd{"", 0, {{"stored", {}}, {"width", {}}}};
  odd.curves[0].points = {{100, 6, 6, 6, 1}, {400, -2, -2, -2, 1}};
  odd.curves[1].points = {{100, 2, 2, 2, 2}, {400, 2, 2, 2, 2}};
  const auto found = crossovers(odd);
  ASSERT_EQ(found.size(), 1);
  ASSERT_EQ(found[0].measured.size(), 1);
  EXPECT_NEAR(found[0].measured[0].T, 200, 1e-9);  // half of the way in log T
  EXPECT_NEAR(found[0].measured[0].percent, 2, 1e-9);
  EXPECT_TRUE(found[0].modelled.empty());
  EXPECT_EQ(to_text(found[0]), "stored = width: T 200 (model none)");
}

TEST(OverheadCurves, LinesThatMeetTwiceSaySo) {
  auto twice = layer();
  twice.curves[1].points[0].extra = 1e4;  // as a launch too small for the device
  EXPECT_THAT(crossovers_text(twice), HasSubstr("fused Gram = width: T "));
  EXPECT_EQ(crossovers(twice)[2].measured.size(), 2);
}

TEST(OverheadFigure, DrawsWhatIsThere) {
  auto few = layer();
  few.curves.erase(few.curves.begin());
  few.curves[0].points[0].extra = -3;
  const auto source = overhead_figure("few", {few});
  EXPECT_THAT(source.data, HasSubstr("64 1.0000 1.0000 1.0000 1.2800 1\n"));  // lies on the axis
  EXPECT_THAT(source.data, HasSubstr("fused Gram = width: T 3000 (model 3000)"));
  EXPECT_THAT(source.script, HasSubstr("panels = 1\n"));
}

TEST(OverheadFigure, NamesOfRecordsAreDataAlone) {
  auto strange = layer();
  strange.name = "x'; system('false') #\"";
  const auto source = overhead_figure("strange", {strange});
  EXPECT_THAT(source.script, testing::Not(HasSubstr("system")));
  EXPECT_THAT(source.data, HasSubstr("\"x'; system('false') #'\""));
}

}  // namespace
}  // namespace clipbench::reporters
