#include "reporters/label_placement.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numbers>

namespace clipbench::reporters {
namespace {

constexpr double kMarker = 0.055;  ///< half the side of a point's marker
constexpr double kFrame = 0.03;    ///< clear of the axes
constexpr double kFreeOfLeader = 0.13;

struct Box {
  double left, bottom, right, top;
};

double overlap(const Box& a, const Box& b) {
  const double w = std::min(a.right, b.right) - std::max(a.left, b.left);
  const double h = std::min(a.top, b.top) - std::max(a.bottom, b.bottom);
  return w > 0 && h > 0 ? w * h : 0;
}

Box box_at(double x, double y, const PointLabel& label) {
  return {x - label.width / 2, y - label.height / 2, x + label.width / 2, y + label.height / 2};
}

/// A point's error bars, as two thin boxes.
std::vector<Box> bars_of(const PointLabel& label) {
  constexpr double kHalf = 0.02;
  return {{label.x - label.left, label.y - kHalf, label.x + label.right, label.y + kHalf},
          {label.x - kHalf, label.y - label.below, label.x + kHalf, label.y + label.above}};
}

Box marker_of(const PointLabel& label) {
  return {label.x - kMarker, label.y - kMarker, label.x + kMarker, label.y + kMarker};
}

double outside(const Box& box, double width, double height) {
  const double area = (box.right - box.left) * (box.top - box.bottom);
  return area - overlap(box, {kFrame, kFrame, width - kFrame, height - kFrame});
}

/// The line from a point to its text as small boxes, without the ends that touch them.
std::vector<Box> leader_boxes(const PointLabel& label, const PlacedLabel& at) {
  std::vector<Box> boxes;
  if (!at.leader) return boxes;
  for (double f = 0.3; f < 0.9; f += 0.1) {
    const double x = label.x + f * (at.leader_x - label.x),
                 y = label.y + f * (at.leader_y - label.y);
    boxes.push_back({x - 0.015, y - 0.015, x + 0.015, y + 0.015});
  }
  return boxes;
}

/// The text's middle when its box touches a circle of `radius` round the point at `angle`.
std::pair<double, double> middle_at(const PointLabel& label, double radius, double angle) {
  return {label.x + std::cos(angle) * (radius + label.width / 2),
          label.y + std::sin(angle) * (radius + label.height / 2)};
}

PlacedLabel placed(const PointLabel& label, double x, double y) {
  const Box box = box_at(x, y, label);
  const double near_x = std::clamp(label.x, box.left, box.right);
  const double near_y = std::clamp(label.y, box.bottom, box.top);
  const double distance = std::hypot(near_x - label.x, near_y - label.y);
  return {x, y, distance > kFreeOfLeader, near_x, near_y};
}

}  // namespace

std::vector<PlacedLabel> place_labels(const std::vector<PointLabel>& labels, double width,
                                      double height) {
  std::vector<Box> taken;
  for (const PointLabel& label : labels) {
    taken.push_back(marker_of(label));
    for (const Box& bar : bars_of(label)) taken.push_back(bar);
  }
  std::vector<PlacedLabel> out;
  for (const PointLabel& label : labels) {
    double least = std::numeric_limits<double>::infinity();
    PlacedLabel best;
    for (int ring = 0; ring < 16 && least > 0; ++ring) {
      for (int turn = 0; turn < 16 && least > 0; ++turn) {
        // Right first, then alternately above and below.
        const double angle = std::numbers::pi / 8 * ((turn + 1) / 2) * (turn % 2 ? 1 : -1);
        const auto [x, y] = middle_at(label, kMarker + 0.015 + 0.06 * ring, angle);
        const Box box = box_at(x, y, label);
        double cost = 100 * outside(box, width, height);
        const PlacedLabel candidate = placed(label, x, y);
        for (const Box& other : taken) cost += 100 * overlap(box, other);
        for (const Box& part : leader_boxes(label, candidate)) {
          for (const Box& other : taken) cost += 20 * overlap(part, other);
        }
        if (cost < least) {
          least = cost;
          best = candidate;
        }
      }
    }
    taken.push_back(box_at(best.x, best.y, label));
    for (const Box& part : leader_boxes(label, best)) taken.push_back(part);
    out.push_back(best);
  }
  return out;
}

}  // namespace clipbench::reporters
