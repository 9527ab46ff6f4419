// Where the labels of points go so that nothing overlaps. Pure; inches, origin bottom left.
#pragma once

#include <vector>

namespace clipbench::reporters {

struct PointLabel {
  double x = 0, y = 0;                               ///< of the point
  double width = 0, height = 0;                      ///< of the text
  double left = 0, right = 0, below = 0, above = 0;  ///< reach of its error bars from the point
};

struct PlacedLabel {
  double x = 0, y = 0;                ///< middle of the text
  bool leader = false;                ///< far enough away to need a line
  double leader_x = 0, leader_y = 0;  ///< where the line meets the text's box
};

/// Greedy, nearest place first; keeps clear of all points and their error bars, of labels placed
/// before and of the frame [0,width]×[0,height]. Where there is no free place, the one with least
/// overlap.
std::vector<PlacedLabel> place_labels(const std::vector<PointLabel>& labels, double width,
                                      double height);

}  // namespace clipbench::reporters
