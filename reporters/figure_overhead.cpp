#include "reporters/figure_overhead.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <iterator>

#include "reporters/figure_script.h"
#include "reporters/figure_templates.h"
#include "reporters/text.h"

namespace clipbench::reporters {
namespace {

struct WayStyle {
  const char *name, *label;
  int marker, color;
};
/// The last one is no way: a clipped sum with given factors, which all but the first pay.
constexpr std::array<WayStyle, 5> kWays = {{{"stored", "stored", 7, 0x0072B2},
                                            {"fused_gram", "fused Gram", 9, 0xD55E00},
                                            {"width", "width", 5, 0x009E73},
                                            {"gram", "Gram, T×T in memory", 12, 0xCC79A7},
                                            {"sum", "clipped sum alone", 1, 0x606060}}};

/// A pair's letter, and where it stands: factors of its T and its value that free the lines.
struct Mark {
  const char* letter;
  double dx, dy;
};
constexpr std::array<Mark, 3> kMarks = {{{"a", 1.08, 1.55}, {"b", 1, 0.55}, {"c", 1.25, 0.72}}};

constexpr double kLeft = 0.58, kRight = 0.1, kBetween = 0.36, kPanelHeight = 2.3, kBelow = 0.9,
                 kTitle = 0.26, kLegend = 0.44;
constexpr double kLowest = 1;  ///< per cent

struct Layout {
  std::size_t panels, columns, rows;
  double width, height, panel_width;
};

Layout layout_of(std::size_t panels) {
  Layout layout{panels, std::min<std::size_t>(2, panels), (panels + 1) / 2, 7.0, 0, 0};
  const auto columns = static_cast<double>(layout.columns), rows = static_cast<double>(layout.rows);
  layout.height = kLegend + rows * (kPanelHeight + kBelow + kTitle);
  layout.panel_width = (layout.width - kLeft - kRight - (columns - 1) * kBetween) / columns;
  return layout;
}

std::vector<OverheadPoint> all_points(const std::vector<OverheadLayer>& layers) {
  std::vector<OverheadPoint> points;
  for (const auto& layer : layers)
    for (const auto& curve : layer.curves)
      points.insert(points.end(), curve.points.begin(), curve.points.end());
  return points;
}

std::string shown(double percent) { return fixed(std::max(percent, kLowest), 4); }

/// A line that would lie on the axis is none.
std::string modelled(double percent) { return percent > 0 ? fixed(percent, 4) : "NaN"; }

std::string curve_block(const OverheadCurve* curve) {
  std::string out = "# T extra low high model below\n";
  if (!curve) return out + "NaN NaN NaN NaN NaN 0\n\n\n";
  for (const auto& p : curve->points) {
    out += fixed(p.T, 0) + " " + shown(p.extra) + " " + shown(p.low) + " " + shown(p.high) + " " +
           modelled(p.model) + (p.extra < kLowest ? " 1\n" : " 0\n");
  }
  return out + "\n\n";
}

std::string crossing_block(const OverheadLayer& layer,
                           std::vector<Crossing> Crossover::*crossings) {
  std::string out = "# letter T percent dx dy\n", none = "\"\" NaN NaN 1 1\n";
  const auto all = crossovers(layer);
  for (std::size_t i = 0; i < all.size(); ++i) {
    for (const auto& [T, percent] : all[i].*crossings) {
      out += std::string(kMarks[i].letter) + " " + fixed(T, 2) + " " + shown(percent) + " " +
             fixed(kMarks[i].dx, 2) + " " + fixed(kMarks[i].dy, 2) + "\n";
      none.clear();
    }
  }
  return out + none + "\n\n";
}

/// As many lines as there are marks, empty ones at the end.
std::string notes_of(const OverheadLayer& layer) {
  const auto all = crossovers(layer);
  std::string out;
  for (std::size_t i = 0; i < kMarks.size(); ++i) {
    const bool there = i < all.size();
    out += gnuplot_field(there ? kMarks[i].letter + ("   " + to_text(all[i])) : " ") + "\n";
  }
  return out;
}

std::string data_of(const std::vector<OverheadLayer>& layers) {
  std::string out;
  for (const auto& layer : layers) {
    for (const auto& way : kWays) out += curve_block(find_curve(layer, way.name));
    out += crossing_block(layer, &Crossover::measured);
    out += crossing_block(layer, &Crossover::modelled);
  }
  out += "# texts\n";
  for (const auto& layer : layers) out += gnuplot_field(layer.name) + "\n";
  for (const auto& layer : layers) out += notes_of(layer);
  return out;
}

void add_axes(ScriptHead& head, const std::vector<OverheadPoint>& points) {
  std::vector<double> lengths, ticks;
  double highest = 10 * kLowest;
  for (const auto& p : points) {
    lengths.push_back(p.T);
    highest = std::max({highest, p.high, p.model});
  }
  std::sort(lengths.begin(), lengths.end());
  lengths.erase(std::unique(lengths.begin(), lengths.end()), lengths.end());
  for (double power = kLowest; power < 1.3 * highest; power *= 10)
    for (const double digit : {1.0, 2.0, 5.0})
      if (digit * power < 1.3 * highest) ticks.push_back(digit * power);
  head.number("x_min", lengths.front() / 1.25);
  head.number("x_max", lengths.back() * 1.25);
  head.numbers("x_ticks", lengths);
  head.number("y_min", kLowest);
  head.number("y_max", 1.3 * highest);
  head.numbers("y_ticks", ticks);
}

void add_panels(ScriptHead& head, const Layout& layout, const std::vector<OverheadLayer>& layers) {
  std::vector<double> left, bottom, tokens;
  for (std::size_t k = 0; k < layout.panels; ++k) {
    const auto column = static_cast<double>(k % layout.columns);
    const auto row = static_cast<double>(layout.rows - 1 - k / layout.columns);
    left.push_back(kLeft + column * (layout.panel_width + kBetween));
    bottom.push_back(kBelow + row * (kPanelHeight + kBelow + kTitle));
    tokens.push_back(layers[k].tokens);
  }
  head.count("panels", layout.panels);
  head.count("columns", layout.columns);
  head.numbers("left", left);
  head.numbers("bottom", bottom);
  head.numbers("tokens", tokens);
  head.number("panel_width", layout.panel_width);
  head.number("panel_height", kPanelHeight);
}

constexpr double kLine = 0.32, kPoint = 0.12, kGap = 0.2;  ///< of a legend's entries

void add_ways(ScriptHead& head) {
  std::vector<double> x, markers, colors;
  std::vector<std::string> labels;
  double at = kLeft;
  for (const auto& way : kWays) {
    x.push_back(at);
    markers.push_back(way.marker);
    colors.push_back(way.color);
    labels.emplace_back(way.label);
    at += kLine + text_width(way.label, 8) + kGap;
  }
  head.count("ways", kWays.size());
  head.numbers("legend_x", x);
  head.numbers("marker", markers);
  head.numbers("color", colors);
  head.texts("legend", labels);
}

/// Two rows above the panels: the ways, and what else is drawn.
void add_legend(ScriptHead& head, const Layout& layout) {
  const std::string measured = "equal, measured", modelled = "equal, model";
  const double measured_x = kLeft + kLine + text_width("model", 8) + kGap;
  const double modelled_x = measured_x + kPoint + text_width(measured, 8) + kGap;
  add_ways(head);
  head.number("legend_y", layout.height - 0.12);
  head.number("note_y", layout.height - 0.29);
  head.text("measured_text", measured);
  head.text("modelled_text", modelled);
  head.text("bars_text", "bars: least to most of the rounds; open triangles: below 1 %");
  head.number("measured_x", measured_x);
  head.number("modelled_x", modelled_x);
  head.number("bars_x", modelled_x + kPoint + text_width(modelled, 8) + kGap);
}

}  // namespace

FigureSource overhead_figure(const std::string& name, const std::vector<OverheadLayer>& layers) {
  const auto layout = layout_of(layers.size());
  ScriptHead head(name, layout.width, layout.height);
  head.text("y_title", "time added to forward, dX and dW, %");
  head.count("notes", kMarks.size());
  add_axes(head, all_points(layers));
  add_panels(head, layout, layers);
  add_legend(head, layout);
  return {data_of(layers), head.finish(templates::kOverhead)};
}

}  // namespace clipbench::reporters
