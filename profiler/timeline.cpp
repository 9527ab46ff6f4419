#include "profiler/timeline.h"

#include <algorithm>

namespace clipbench::profiler {
namespace {

constexpr std::size_t kPointsAPiece = 4;

void add_piece(std::span<const std::int64_t> curve, Position begin, Position end,
               std::vector<Position>& points) {
  if (begin >= end) return;
  const auto [low, high] = std::minmax_element(curve.begin() + begin, curve.begin() + end);
  points.push_back(begin);
  points.push_back(static_cast<Position>(low - curve.begin()));
  points.push_back(static_cast<Position>(high - curve.begin()));
  points.push_back(end - 1);
}

}  // namespace

std::vector<Position> timeline_points(std::span<const std::int64_t> allocated_bytes, Position begin,
                                      Position end, Position keep, std::size_t max_points) {
  std::vector<Position> points;
  const std::size_t pieces = (max_points - 1) / kPointsAPiece;
  const std::size_t length = end - begin;
  for (std::size_t i = 0; i < pieces; ++i) {
    add_piece(allocated_bytes, begin + length * i / pieces, begin + length * (i + 1) / pieces,
              points);
  }
  if (begin <= keep && keep < end) points.push_back(keep);
  std::sort(points.begin(), points.end());
  points.erase(std::unique(points.begin(), points.end()), points.end());
  return points;
}

}  // namespace clipbench::profiler
