#include "reporters/figure_ratios.h"

#include <algorithm>

#include "reporters/figure_script.h"
#include "reporters/figure_templates.h"
#include "reporters/ratio_axis.h"
#include "reporters/text.h"

namespace clipbench::reporters {
namespace {

constexpr double kWidth = 7.0, kRight = 6.8, kBetween = 0.3, kRow = 0.19, kBottom = 0.5, kTop = 0.5,
                 kLongestLabel = 3.2;

RatioAxis time_axis(const std::vector<RatioRow>& rows, double equivalent) {
  std::vector<double> values = {1 - equivalent, 1 + equivalent};
  for (const RatioRow& row : rows) {
    if (row.time <= 0) continue;
    values.push_back(row.time);
    if (row.low <= 0) continue;
    values.push_back(row.low);
    values.push_back(row.high);
  }
  return ratio_axis(values, 4, 0.1, 0.05);
}

RatioAxis memory_axis(const std::vector<RatioRow>& rows) {
  std::vector<double> values = {0.99, 1.01};
  for (const RatioRow& row : rows)
    if (row.memory > 0) values.push_back(row.memory);
  return ratio_axis(values, 4, 0.1, 0.05);
}

double label_width(const std::vector<RatioRow>& rows) {
  double width = 0.5;
  for (const RatioRow& row : rows) width = std::max(width, text_width(row.label, 8));
  return std::min(width, kLongestLabel);
}

/// A value that is not there is NaN, which gnuplot passes over.
std::string number(double value) { return value > 0 ? fixed(value, 9) : "NaN"; }

std::string data_of(const std::string& title, const std::vector<RatioRow>& rows) {
  std::string out = "# label y time low high mark memory mark note\n";
  for (std::size_t i = 0; i < rows.size(); ++i) {
    const RatioRow& row = rows[i];
    const bool bars = row.low > 0;
    out += gnuplot_field(row.label) + " " + std::to_string(i + 1) + " " + number(row.time) + " " +
           number(bars ? row.low : row.time) + " " + number(bars ? row.high : row.time) + " " +
           std::to_string(row.time_mark) + " " + number(row.memory) + " " +
           std::to_string(row.memory_mark) + " " + gnuplot_field(row.note) + "\n";
  }
  return out + "\n\n# title\n" + gnuplot_field(title) + "\n";
}

}  // namespace

FigureSource ratios_figure(const std::string& name, const std::string& title,
                           const std::vector<RatioRow>& rows, double equivalent,
                           const MarkWords& words) {
  const double height = kBottom + kTop + kRow * static_cast<double>(rows.size());
  const double left = 0.15 + label_width(rows);
  const double panel = (kRight - left - kBetween) / 2;
  ScriptHead head(name, kWidth, height);
  head.count("rows", rows.size());
  head.number("bottom", kBottom);
  head.number("time_left", left);
  head.number("time_right", left + panel);
  head.number("memory_left", left + panel + kBetween);
  head.number("memory_right", kRight);
  head.number("equivalent", equivalent);
  head.text("worse_word", words.worse);
  head.text("better_word", words.better);
  head.text("ratio_word", words.ratio);
  head.axis("time", time_axis(rows, equivalent));
  head.axis("memory", memory_axis(rows));
  return {data_of(title, rows), head.finish(templates::kRatios)};
}

}  // namespace clipbench::reporters
