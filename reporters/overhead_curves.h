// Time that several ways to clip add to a linear layer, over the sequence length, and where one
// becomes faster than another. Pure.
#pragma once

#include <string>
#include <vector>

namespace clipbench::reporters {

/// In per cent of the layer's forward, input and weight gradients.
struct OverheadPoint {
  double T;
  double extra, low, high;  ///< measured: median, least, most; may be negative
  double model;             ///< 0 for a sum alone
};

struct OverheadCurve {
  std::string name;                   ///< stored, gram, fused_gram, width, sum
  std::vector<OverheadPoint> points;  ///< T increasing
};

struct OverheadLayer {
  std::string name;   ///< of records: "1280 → 5120, bf16, NVIDIA H200"
  double tokens = 0;  ///< B·T
  std::vector<OverheadCurve> curves;
};

/// The curve of that name; null: the layer has none.
const OverheadCurve* find_curve(const OverheadLayer& layer, const std::string& name);

struct Crossing {
  double T, percent;
};

/// Where two of the ways that form no T×T matrix cost the same.
struct Crossover {
  std::string first, second;                 ///< curves' names
  std::vector<Crossing> measured, modelled;  ///< T increasing; empty: not in range
};

/// stored and width, fused_gram and stored, fused_gram and width; those whose curves are there.
/// Between two lengths both logarithms are taken for straight lines, which powers of T are.
std::vector<Crossover> crossovers(const OverheadLayer& layer);

/// "stored = width: T 351 (model 333)".
std::string to_text(const Crossover&);
/// A line each.
std::string crossovers_text(const OverheadLayer& layer);

}  // namespace clipbench::reporters
