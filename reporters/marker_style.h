// How a method's point looks. Pure.
#pragma once

#include <string>
#include <vector>

namespace clipbench::reporters {

struct MarkerStyle {
  int shape = 0;       ///< gnuplot's point type
  int color = 0;       ///< 0xRRGGBB
  int text_color = 0;  ///< the same hue, dark enough to read on white
};

/// What lies under its marker shows.
bool is_open(const MarkerStyle& style);

/// A known method looks the same in every figure; others take what is left. No two look alike as
/// long as there are shapes.
std::vector<MarkerStyle> marker_styles(const std::vector<std::string>& methods);

}  // namespace clipbench::reporters
