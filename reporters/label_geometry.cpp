#include "reporters/label_geometry.h"

#include <algorithm>
#include <cmath>

namespace clipbench::reporters {
namespace {

/// Which side of the line the spot lies on: its sign.
double side(const Line& line, Spot s) {
  return (line.to.x - line.from.x) * (s.y - line.from.y) -
         (line.to.y - line.from.y) * (s.x - line.from.x);
}

}  // namespace

Box around(Spot middle, double half_width, double half_height) {
  return {middle.x - half_width, middle.y - half_height, middle.x + half_width,
          middle.y + half_height};
}

Box grown(const Box& box, double by) {
  return {box.left - by, box.bottom - by, box.right + by, box.top + by};
}

double overlap(const Box& a, const Box& b) {
  const double w = std::min(a.right, b.right) - std::max(a.left, b.left);
  const double h = std::min(a.top, b.top) - std::max(a.bottom, b.bottom);
  return w > 0 && h > 0 ? w * h : 0;
}

Spot nearest_in(const Box& box, Spot spot) {
  return {std::clamp(spot.x, box.left, box.right), std::clamp(spot.y, box.bottom, box.top)};
}

double distance(Spot a, Spot b) { return std::hypot(a.x - b.x, a.y - b.y); }

double distance(const Box& box, Spot spot) { return distance(nearest_in(box, spot), spot); }

double distance(const Line& line, Spot spot) {
  const double dx = line.to.x - line.from.x, dy = line.to.y - line.from.y;
  const double length2 = dx * dx + dy * dy;
  const double along = (spot.x - line.from.x) * dx + (spot.y - line.from.y) * dy;
  const double share = length2 > 0 ? std::clamp(along / length2, 0.0, 1.0) : 0;
  return distance(Spot{line.from.x + share * dx, line.from.y + share * dy}, spot);
}

bool cross(const Line& a, const Line& b) {
  return side(a, b.from) * side(a, b.to) < 0 && side(b, a.from) * side(b, a.to) < 0;
}

bool cross(const Line& line, const Box& box) {
  const auto within = [&](Spot s) { return distance(box, s) == 0; };
  return within(line.from) || within(line.to) ||
         cross(line, {{box.left, box.bottom}, {box.right, box.top}}) ||
         cross(line, {{box.left, box.top}, {box.right, box.bottom}});
}

}  // namespace clipbench::reporters
