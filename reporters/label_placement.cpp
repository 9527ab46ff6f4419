#include "reporters/label_placement.h"

#include <algorithm>
#include <cstdint>
#include <limits>
#include <random>

#include "reporters/label_geometry.h"

namespace clipbench::reporters {
namespace {

constexpr double kMarker = 0.055;  ///< half the side of a point's marker
constexpr double kFrame = 0.03;    ///< clear of the axes
constexpr double kText = 0.012;    ///< clear of texts and lines
constexpr double kOffence = 50;    ///< what must not be
constexpr double kBlemish = 8;     ///< what should not be
constexpr double kLongest = 0.2;   ///< line's length as a part of the frame's height
constexpr int kLevels = 7, kStarts = 24, kSweeps = 12;

Spot spot_of(const PointLabel& label) { return {label.x, label.y}; }
Box marker_of(const PointLabel& label) { return around(spot_of(label), kMarker, kMarker); }

/// A place for one label, and what is wrong with it whatever the others do.
struct Candidate {
  PlacedLabel placed;
  Box text;
  Line leader;
  double cost = 0;
};

Candidate candidate_at(const PointLabel& label, double dx, double dy, bool leader, double cost) {
  Candidate c;
  const Spot middle = {label.x + dx, label.y + dy};
  c.text = around(middle, label.width / 2, label.height / 2);
  const Spot end = nearest_in(c.text, spot_of(label));
  c.placed = {middle.x, middle.y, leader, end.x, end.y};
  c.leader = {spot_of(label), end};
  c.cost = cost;
  return c;
}

/// Beside the point; it costs a little to be where one looks later.
void add_adjacent(const PointLabel& label, std::vector<Candidate>& out) {
  const double dx = kMarker + 0.02 + label.width / 2, dy = kMarker + 0.015 + label.height / 2;
  const double corner = 0.8 * label.height / 2 + 0.03;
  out.push_back(candidate_at(label, dx, 0, false, 0));
  out.push_back(candidate_at(label, 0, dy, false, 0.1));
  out.push_back(candidate_at(label, 0, -dy, false, 0.2));
  out.push_back(candidate_at(label, -dx, 0, false, 0.3));
  for (const double x : {dx - 0.03, 0.03 - dx}) {
    for (const double y : {corner, -corner}) out.push_back(candidate_at(label, x, y, false, 0.4));
  }
  for (const double x : {0.5, -0.5}) {
    for (const double y : {dy, -dy})
      out.push_back(candidate_at(label, x * (label.width - 0.1), y, false, 0.5));
  }
}

/// Flags on a pole: the text's middle or one of its ends over the point or a little beside it.
void add_flags(const PointLabel& label, double height, std::vector<Candidate>& out) {
  const double shortest = kMarker + 0.04, step = (kLongest * height - shortest) / (kLevels - 1);
  const double end = label.width / 2 - 0.03;
  for (int level = 0; level < kLevels; ++level) {
    const double length = shortest + level * step;
    for (const double dx : {end, -end, 0.0, end + 0.08, -end - 0.08, end + 0.18, -end - 0.18}) {
      const double slant = std::max(0.0, std::abs(dx) - label.width / 2);
      for (const double up : {1.0, -1.0}) {
        const double dy = up * (length + label.height / 2);
        out.push_back(candidate_at(label, dx, dy, true, 2 + 5 * length + 8 * slant));
      }
    }
  }
}

std::vector<Box> bars_of(const PointLabel& p) {
  constexpr double kHalf = 0.02;
  std::vector<Box> bars;
  if (p.left + p.right > 0) {
    bars.push_back({p.x - p.left, p.y - kHalf, p.x + p.right, p.y + kHalf});
  }
  if (p.below + p.above > 0) {
    bars.push_back({p.x - kHalf, p.y - p.below, p.x + kHalf, p.y + p.above});
  }
  return bars;
}

/// Against the frame and the label's own point.
double own_cost(const Candidate& c, const PointLabel& own, double width, double height) {
  const double area = own.width * own.height;
  const double out = area - overlap(c.text, {kFrame, kFrame, width - kFrame, height - kFrame});
  double cost = out > 1e-9 ? kOffence * (2 + out / area) : 0;
  for (const Box& bar : bars_of(own)) cost += overlap(c.text, bar) > 0 ? kOffence : 0;
  return cost;
}

/// Against another label's point.
double cost_near(const Candidate& c, const PointLabel& own, const PointLabel& other) {
  const Spot spot = spot_of(other);
  double cost = overlap(grown(c.text, kText), marker_of(other)) > 0 ? kOffence : 0;
  for (const Box& bar : bars_of(other)) cost += overlap(c.text, bar) > 0 ? kOffence : 0;
  const double mine = distance(c.text, spot_of(own)), others = distance(c.text, spot);
  if (!c.placed.leader) return cost + (others < 1.5 * mine + 0.03 ? kOffence : 0);
  if (others < kMarker + 0.05) cost += 1;
  const bool touching = distance(spot_of(own), spot) < 2 * kMarker;
  if (!touching && distance(c.leader, spot) < kMarker + kText) cost += kOffence;
  return cost;
}

double pair_cost(const Candidate& a, const Candidate& b) {
  double cost = overlap(grown(a.text, kText), b.text) > 0 ? kOffence : 0;
  if (a.placed.leader && cross(a.leader, grown(b.text, kText))) cost += kOffence;
  if (b.placed.leader && cross(b.leader, grown(a.text, kText))) cost += kOffence;
  if (!a.placed.leader || !b.placed.leader) return cost;
  if (cross(a.leader, b.leader)) return cost + kOffence;
  // Lines that run close together are hard to follow.
  const double apart = std::min(distance(a.leader, b.leader.to), distance(b.leader, a.leader.to));
  return cost + (apart < 0.035 ? kBlemish : 0);
}

/// Chooses a candidate for every label: from many starts, one label at a time goes where it costs
/// least until none moves.
class Search {
 public:
  explicit Search(std::vector<std::vector<Candidate>> candidates)
      : candidates_(std::move(candidates)), chosen_(candidates_.size(), 0) {}

  std::vector<PlacedLabel> best() {
    std::vector<std::size_t> best = chosen_;
    double least = std::numeric_limits<double>::infinity();
    for (int start = 0; start < kStarts; ++start) {
      if (start > 0) shuffle();
      settle();
      if (const double cost = total(); cost < least - 1e-9) {
        least = cost;
        best = chosen_;
      }
    }
    std::vector<PlacedLabel> out;
    for (std::size_t i = 0; i < best.size(); ++i) out.push_back(candidates_[i][best[i]].placed);
    return out;
  }

 private:
  /// The same on every machine: no std distribution.
  void shuffle() {
    for (std::size_t i = 0; i < chosen_.size(); ++i) chosen_[i] = random_() % candidates_[i].size();
  }

  double cost(std::size_t i, std::size_t k) const {
    double cost = candidates_[i][k].cost;
    for (std::size_t j = 0; j < chosen_.size(); ++j) {
      if (j != i) cost += pair_cost(candidates_[i][k], candidates_[j][chosen_[j]]);
    }
    return cost;
  }

  bool improve(std::size_t i) {
    const std::size_t before = chosen_[i];
    double least = cost(i, before);
    for (std::size_t k = 0; k < candidates_[i].size(); ++k) {
      if (candidates_[i][k].cost >= least) continue;
      if (const double now = cost(i, k); now < least - 1e-9) {
        least = now;
        chosen_[i] = k;
      }
    }
    return chosen_[i] != before;
  }

  void settle() {
    bool moved = true;
    for (int sweep = 0; sweep < kSweeps && moved; ++sweep) {
      moved = false;
      for (std::size_t i = 0; i < chosen_.size(); ++i) moved = improve(i) || moved;
    }
  }

  double total() const {
    double sum = 0;
    for (std::size_t i = 0; i < chosen_.size(); ++i) {
      sum += (cost(i, chosen_[i]) + candidates_[i][chosen_[i]].cost) / 2;
    }
    return sum;
  }

  std::vector<std::vector<Candidate>> candidates_;
  std::vector<std::size_t> chosen_;
  std::minstd_rand random_{1};
};

}  // namespace

std::vector<PlacedLabel> place_labels(const std::vector<PointLabel>& labels, double width,
                                      double height) {
  std::vector<std::vector<Candidate>> candidates(labels.size());
  for (std::size_t i = 0; i < labels.size(); ++i) {
    add_adjacent(labels[i], candidates[i]);
    add_flags(labels[i], height, candidates[i]);
    for (Candidate& c : candidates[i]) {
      c.cost += own_cost(c, labels[i], width, height);
      for (std::size_t j = 0; j < labels.size(); ++j) {
        if (j != i) c.cost += cost_near(c, labels[i], labels[j]);
      }
    }
  }
  return Search(std::move(candidates)).best();
}

}  // namespace clipbench::reporters
