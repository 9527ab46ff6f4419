#include "reporters/overhead_curves.h"

#include <algorithm>
#include <cmath>

#include "reporters/text.h"

namespace clipbench::reporters {
namespace {

constexpr const char* kPairs[][2] = {
    {"stored", "width"}, {"fused_gram", "stored"}, {"fused_gram", "width"}};

using Value = double OverheadPoint::*;

/// Two curves at one length.
struct Both {
  double T, first, second;
};

std::vector<Both> common_points(const OverheadCurve& a, const OverheadCurve& b, Value value) {
  std::vector<Both> out;
  for (const auto& x : a.points) {
    for (const auto& y : b.points) {
      if (x.T == y.T) out.push_back({x.T, x.*value, y.*value});
    }
  }
  return out;
}

/// Where the curves meet between two lengths; lines in logarithms where all values have one.
Crossing meeting(const Both& from, const Both& to) {
  const bool logs = std::min({from.first, from.second, to.first, to.second}) > 0;
  const auto scaled = [&](double value) { return logs ? std::log(value) : value; };
  const double before = scaled(from.first) - scaled(from.second);
  const double after = scaled(to.first) - scaled(to.second);
  const double part = before / (before - after);
  const double value = std::lerp(scaled(from.first), scaled(to.first), part);
  return {from.T * std::pow(to.T / from.T, part), logs ? std::exp(value) : value};
}

std::vector<Crossing> crossings(const OverheadCurve& a, const OverheadCurve& b, Value value) {
  std::vector<Crossing> out;
  const auto points = common_points(a, b, value);
  for (std::size_t i = 1; i < points.size(); ++i) {
    const auto &from = points[i - 1], &to = points[i];
    const bool crossed = (from.first < from.second) != (to.first < to.second);
    if (crossed) out.push_back(meeting(from, to));
  }
  return out;
}

std::string lengths(const std::vector<Crossing>& all) {
  std::string text;
  for (const auto& crossing : all) text += (text.empty() ? "" : ", ") + fixed(crossing.T, 0);
  return text.empty() ? "none" : text;
}

std::string readable(const std::string& way) { return way == "fused_gram" ? "fused Gram" : way; }

}  // namespace

const OverheadCurve* find_curve(const OverheadLayer& layer, const std::string& name) {
  const auto found = std::find_if(layer.curves.begin(), layer.curves.end(),
                                  [&](const OverheadCurve& curve) { return curve.name == name; });
  return found == layer.curves.end() ? nullptr : &*found;
}

std::vector<Crossover> crossovers(const OverheadLayer& layer) {
  std::vector<Crossover> out;
  for (const auto& [first, second] : kPairs) {
    const auto *a = find_curve(layer, first), *b = find_curve(layer, second);
    if (!a || !b) continue;
    out.push_back({first, second, crossings(*a, *b, &OverheadPoint::extra),
                   crossings(*a, *b, &OverheadPoint::model)});
  }
  return out;
}

std::string to_text(const Crossover& c) {
  return readable(c.first) + " = " + readable(c.second) + ": T " + lengths(c.measured) +
         " (model " + lengths(c.modelled) + ")";
}

std::string crossovers_text(const OverheadLayer& layer) {
  std::string text;
  for (const auto& crossover : crossovers(layer)) text += to_text(crossover) + "\n";
  return text;
}

}  // namespace clipbench::reporters
