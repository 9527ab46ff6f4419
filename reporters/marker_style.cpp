#include "reporters/marker_style.h"

#include <algorithm>
#include <array>
#include <cmath>

namespace clipbench::reporters {
namespace {

struct Known {
  const char* method;
  int shape, color;
};

/// Shapes differ even without colour; the last ones are for methods not named here.
constexpr std::array<Known, 14> kKnown = {{{"vanilla", 7, 0x000000},
                                           {"microbatch", 5, 0xD55E00},
                                           {"explicit", 9, 0x0072B2},
                                           {"fast_clip", 11, 0x009E73},
                                           {"ghost", 12, 0xCC79A7},
                                           {"mixed_ghost", 13, 0xE69F00},
                                           {"flash_clip", 15, 0x56B4E9},
                                           {"bk", 4, 0x6B6B6B},
                                           {"per_layer", 6, 0x5D3A9B},
                                           {"", 8, 0xD55E00},
                                           {"", 10, 0x0072B2},
                                           {"", 14, 0x009E73},
                                           {"", 2, 0x000000},
                                           {"", 1, 0xCC79A7}}};

double linear(int channel) { return std::pow(channel / 255.0, 2.2); }

double luminance(int color) {
  return 0.2126 * linear(color >> 16 & 0xFF) + 0.7152 * linear(color >> 8 & 0xFF) +
         0.0722 * linear(color & 0xFF);
}

int scaled(int color, double by) {
  int out = 0;
  for (const int shift : {16, 8, 0}) {
    out |= static_cast<int>(by * (color >> shift & 0xFF)) << shift;
  }
  return out;
}

/// A contrast of 4.5 to 1 with white.
int readable(int color) {
  constexpr double kDarkest = 1.05 / 4.5 - 0.05;
  double by = 1;
  while (luminance(scaled(color, by)) > kDarkest) by -= 0.02;
  return scaled(color, by);
}

bool is_known(const std::string& method) {
  return std::any_of(kKnown.begin(), kKnown.end(),
                     [&](const Known& k) { return *k.method && method == k.method; });
}

}  // namespace

bool is_open(const MarkerStyle& style) { return style.shape % 2 == 0 || style.shape < 4; }

std::vector<MarkerStyle> marker_styles(const std::vector<std::string>& methods) {
  std::vector<bool> taken(kKnown.size());
  const auto take = [&](const auto& fits) {
    std::size_t i = 0;
    while (i < kKnown.size() && (taken[i] || !fits(kKnown[i]))) ++i;
    if (i == kKnown.size()) i = 0;
    taken[i] = true;
    return MarkerStyle{kKnown[i].shape, kKnown[i].color, readable(kKnown[i].color)};
  };
  std::vector<MarkerStyle> styles(methods.size());
  for (const bool known : {true, false}) {
    for (std::size_t i = 0; i < methods.size(); ++i) {
      if (is_known(methods[i]) != known) continue;
      styles[i] = take([&](const Known& k) { return !known || methods[i] == k.method; });
    }
  }
  return styles;
}

}  // namespace clipbench::reporters
