// The parts of the trade-off figure: places of labels, looks of markers, ranges of axes.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <set>

#include "reporters/label_geometry.h"
#include "reporters/label_placement.h"
#include "reporters/marker_style.h"
#include "reporters/ratio_axis.h"

namespace clipbench::reporters {
namespace {

constexpr double kWidth = 2.74, kHeight = 2.1;

std::vector<PointLabel> labels_at(const std::vector<Spot>& spots) {
  std::vector<PointLabel> labels;
  for (const Spot& s : spots) labels.push_back({.x = s.x, .y = s.y, .width = 0.5, .height = 0.13});
  return labels;
}

/// Nine methods as they lie where nearly all have vanilla's memory.
std::vector<PointLabel> crowded_row() {
  return labels_at({{0.31, 1.78},
                    {0.68, 1.78},
                    {0.96, 1.78},
                    {1.06, 1.78},
                    {1.13, 1.78},
                    {1.165, 1.78},
                    {1.168, 1.78},
                    {1.33, 1.78},
                    {2.42, 0.33}});
}

Box text_of(const PlacedLabel& at, const PointLabel& label) {
  return around({at.x, at.y}, label.width / 2, label.height / 2);
}

Line leader_of(const PlacedLabel& at, const PointLabel& label) {
  return {{label.x, label.y}, {at.leader_x, at.leader_y}};
}

TEST(LabelPlacement, CrowdedLabelsNeitherOverlapNorLeaveTheFrame) {
  const auto labels = crowded_row();
  const auto placed = place_labels(labels, kWidth, kHeight);
  ASSERT_EQ(placed.size(), labels.size());
  for (std::size_t i = 0; i < placed.size(); ++i) {
    const Box text = text_of(placed[i], labels[i]);
    EXPECT_NEAR(overlap(text, {0, 0, kWidth, kHeight}), 0.5 * 0.13, 1e-9) << i;
    for (std::size_t j = 0; j < i; ++j) {
      EXPECT_EQ(overlap(text, text_of(placed[j], labels[j])), 0) << i << " and " << j;
    }
    for (const PointLabel& point : labels) EXPECT_GT(distance(text, {point.x, point.y}), 0.04) << i;
  }
}

TEST(LabelPlacement, LeadersAreShortAndCrossNothing) {
  const auto labels = crowded_row();
  const auto placed = place_labels(labels, kWidth, kHeight);
  for (std::size_t i = 0; i < placed.size(); ++i) {
    if (!placed[i].leader) continue;
    const Line leader = leader_of(placed[i], labels[i]);
    EXPECT_LE(std::abs(leader.to.y - leader.from.y), 0.2 * kHeight + 1e-9) << i;
    EXPECT_NEAR(distance(text_of(placed[i], labels[i]), leader.to), 0, 1e-9) << i;
    for (std::size_t j = 0; j < placed.size(); ++j) {
      if (j == i) continue;
      EXPECT_FALSE(cross(leader, text_of(placed[j], labels[j]))) << i << " and " << j;
      if (placed[j].leader) {
        EXPECT_FALSE(cross(leader, leader_of(placed[j], labels[j]))) << i << " and " << j;
      }
    }
  }
}

TEST(LabelPlacement, WithoutALeaderTheOwnPointIsTheNearest) {
  const auto labels = crowded_row();
  const auto placed = place_labels(labels, kWidth, kHeight);
  for (std::size_t i = 0; i < placed.size(); ++i) {
    if (placed[i].leader) continue;
    const Box text = text_of(placed[i], labels[i]);
    const double own = distance(text, {labels[i].x, labels[i].y});
    for (std::size_t j = 0; j < labels.size(); ++j) {
      if (j == i) continue;
      EXPECT_GT(distance(text, {labels[j].x, labels[j].y}), 1.5 * own) << i << " and " << j;
    }
  }
  EXPECT_FALSE(placed[8].leader) << "a point of its own needs none";
}

TEST(LabelPlacement, IsTheSameEveryTimeAndNeedsNoPoints) {
  const auto labels = crowded_row();
  const auto once = place_labels(labels, kWidth, kHeight);
  const auto again = place_labels(labels, kWidth, kHeight);
  for (std::size_t i = 0; i < once.size(); ++i) {
    EXPECT_EQ(once[i].x, again[i].x);
    EXPECT_EQ(once[i].y, again[i].y);
  }
  EXPECT_TRUE(place_labels({}, kWidth, kHeight).empty());
}

TEST(LabelPlacement, KeepsClearOfErrorBars) {
  auto labels = labels_at({{1.0, 1.0}, {1.8, 1.0}});
  labels[0].left = labels[0].right = 0.5;
  for (const PlacedLabel& at : place_labels(labels, kWidth, kHeight)) {
    EXPECT_EQ(overlap(text_of(at, labels[0]), {0.5, 0.99, 1.5, 1.01}), 0);
  }
}

TEST(LabelGeometry, LinesCrossLinesAndBoxes) {
  const Line rising = {{0, 0}, {2, 2}};
  EXPECT_TRUE(cross(rising, Line{{0, 2}, {2, 0}}));
  EXPECT_FALSE(cross(rising, Line{{1, 0}, {3, 2}}));
  EXPECT_TRUE(cross(rising, Box{0.5, 0.6, 1.5, 0.9})) << "right through";
  EXPECT_TRUE(cross(rising, Box{1.9, 1.9, 3, 3})) << "ends within";
  EXPECT_FALSE(cross(rising, Box{1.2, 0, 2, 1}));
  EXPECT_NEAR(distance(rising, {3, 3}), std::sqrt(2), 1e-12);
}

TEST(MarkerStyle, NoTwoMethodsShareAShape) {
  const auto styles =
      marker_styles({"per_layer", "vanilla", "explicit", "microbatch", "ghost", "mixed_ghost",
                     "flash_clip", "fast_clip", "bk", "flash_clip[tile=64]", "mine"});
  std::set<int> shapes;
  for (const MarkerStyle& style : styles) shapes.insert(style.shape);
  EXPECT_EQ(shapes.size(), styles.size());
}

TEST(MarkerStyle, AMethodLooksTheSameInEveryFigure) {
  const MarkerStyle alone = marker_styles({"bk"})[0],
                    among = marker_styles({"x", "ghost", "bk"})[2];
  EXPECT_EQ(alone.shape, among.shape);
  EXPECT_EQ(alone.color, among.color);
}

TEST(RatioAxis, IsLogarithmicWhereValuesSpread) {
  EXPECT_FALSE(ratio_axis({1.0, 1.8}).log);
  EXPECT_FALSE(ratio_axis({1.0, 6.1}, 10).log);
  const RatioAxis wide = ratio_axis({1.0, 6.1});
  EXPECT_TRUE(wide.log);
  EXPECT_NEAR(wide.fraction(wide.min), 0, 1e-12);
  EXPECT_NEAR(wide.fraction(wide.max), 1, 1e-12);
}

TEST(RatioAxis, EqualValuesSpanAFewPerCent) {
  const RatioAxis same = ratio_axis({1.0, 1.0}, 10, 0.22, 0.05);
  EXPECT_NEAR(same.fraction(1.0), 0.5, 1e-9);
  EXPECT_LT(same.min, 0.97);
  EXPECT_GT(same.max, 1.03);
  EXPECT_GE(same.ticks.size(), 2U);
  EXPECT_NE(std::find_if(same.ticks.begin(), same.ticks.end(),
                         [](double t) { return std::abs(t - 1) < 1e-9; }),
            same.ticks.end());
}

}  // namespace
}  // namespace clipbench::reporters
