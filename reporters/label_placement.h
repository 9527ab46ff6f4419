// Where the labels of points go so that each is read as its own point's. Pure; inches, origin
// bottom left.
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
  bool leader = false;                ///< a line is needed to tell whose label it is
  double leader_x = 0, leader_y = 0;  ///< where the line meets the text's box
};

/// Beside its point where no other point is nearer; else above or below, at the end of a line at
/// most a fifth of the frame's height long. Texts and lines keep clear of each other, of all points
/// and error bars and of the frame [0,width]×[0,height]; where that cannot be, the least offending
/// places are taken.
std::vector<PlacedLabel> place_labels(const std::vector<PointLabel>& labels, double width,
                                      double height);

}  // namespace clipbench::reporters
