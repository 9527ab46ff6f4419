#include <algorithm>
#include <cmath>

#include "reporters/figure_script.h"
#include "reporters/figure_source.h"
#include "reporters/figure_templates.h"
#include "reporters/label_placement.h"
#include "reporters/marker_style.h"
#include "reporters/ratio_axis.h"
#include "reporters/text.h"

namespace clipbench::reporters {
namespace {

constexpr double kWidth = 3.4, kPlotLeft = 0.58, kPlotRight = 3.32, kPlotBottom = 0.44,
                 kPlotHeight = 2.1;
constexpr double kFailureRow = 0.16;

/// A method with both numbers, relative to vanilla where there is one.
struct Point {
  const CaseSummary* item;
  double x, y, x_low, x_high, y_low, y_high;
};

struct Scale {
  double ms = 1, bytes = 1;
};

std::vector<Point> points_of(const Group& group, const Scale& scale) {
  std::vector<Point> out;
  for (const CaseSummary& c : group.cases) {
    if (!c.ok() || !std::isfinite(c.step_ms.median) || c.step_ms.median <= 0) continue;
    std::int64_t least = c.peak_allocated_bytes;
    for (const Record* r : c.records) least = std::min(least, r->memory.peak_allocated_bytes);
    const double y = static_cast<double>(c.peak_allocated_bytes) / scale.bytes;
    if (y <= 0) continue;
    const bool bars = c.records.size() > 1;
    out.push_back({&c, c.step_ms.median / scale.ms, y,
                   (bars ? c.step_ms.low : c.step_ms.median) / scale.ms,
                   (bars ? c.step_ms.high : c.step_ms.median) / scale.ms,
                   static_cast<double>(least) / scale.bytes, y});
  }
  return out;
}

Scale scale_of(const CaseSummary* vanilla) {
  if (!vanilla) return {1, 1 << 20};
  return {vanilla->step_ms.median, static_cast<double>(vanilla->peak_allocated_bytes)};
}

std::vector<double> values_of(const std::vector<Point>& points, double Point::*low,
                              double Point::*high) {
  std::vector<double> values;
  for (const Point& p : points) {
    values.push_back(p.*low);
    values.push_back(p.*high);
  }
  return values;
}

/// Times spread far; memory is read as a share, on an even scale unless it spreads very far. Equal
/// peaks shall not look different: a few per cent span the axis at least.
RatioAxis x_axis(const std::vector<Point>& points) {
  return ratio_axis(values_of(points, &Point::x_low, &Point::x_high), 4, 0.15);
}

RatioAxis y_axis(const std::vector<Point>& points) {
  return ratio_axis(values_of(points, &Point::y_low, &Point::y_high), 10, 0.22, 0.05);
}

void add_labels(ScriptHead& head, const std::vector<Point>& points, const RatioAxis& x,
                const RatioAxis& y) {
  const double width = kPlotRight - kPlotLeft;
  std::vector<PointLabel> wanted;
  for (const Point& p : points) {
    wanted.push_back({x.fraction(p.x) * width, y.fraction(p.y) * kPlotHeight,
                      text_width(p.item->method, 8) + 0.04, 0.13,
                      (x.fraction(p.x) - x.fraction(p.x_low)) * width,
                      (x.fraction(p.x_high) - x.fraction(p.x)) * width,
                      (y.fraction(p.y) - y.fraction(p.y_low)) * kPlotHeight,
                      (y.fraction(p.y_high) - y.fraction(p.y)) * kPlotHeight});
  }
  const auto labels = place_labels(wanted, width, kPlotHeight);
  std::vector<double> label_x, label_y, leader, leader_x, leader_y, point_x, point_y;
  for (std::size_t i = 0; i < labels.size(); ++i) {
    label_x.push_back(labels[i].x / width);
    label_y.push_back(labels[i].y / kPlotHeight);
    leader.push_back(labels[i].leader);
    leader_x.push_back(labels[i].leader_x / width);
    leader_y.push_back(labels[i].leader_y / kPlotHeight);
    point_x.push_back(wanted[i].x / width);
    point_y.push_back(wanted[i].y / kPlotHeight);
  }
  head.numbers("label_x", label_x);
  head.numbers("label_y", label_y);
  head.numbers("leader", leader);
  head.numbers("leader_x", leader_x);
  head.numbers("leader_y", leader_y);
  head.numbers("point_x", point_x);
  head.numbers("point_y", point_y);
}

/// Texts of the cases without numbers, and where they stand above the frame: x and row.
struct Failures {
  std::vector<std::string> texts;
  std::vector<double> x;
  std::vector<std::size_t> row;
  std::size_t rows() const { return row.empty() ? 0 : row.back() + 1; }
};

Failures failures_of(const Group& group) {
  Failures out;
  double at = kPlotLeft + 0.05;
  std::size_t row = 0;
  for (const CaseSummary& c : group.cases) {
    if (c.ok()) continue;
    const std::string text =
        c.method + ": " + (c.status == Status::oom ? "OOM" : to_string(c.status));
    const double need = text_width(text, 8) + 0.25;
    if (at + need > kWidth && at > kPlotLeft + 0.1) {
      at = kPlotLeft + 0.05;
      ++row;
    }
    out.texts.push_back(text);
    out.x.push_back(at);
    out.row.push_back(row);
    at += need;
  }
  return out;
}

void add_failures(ScriptHead& head, const Failures& failures) {
  std::vector<double> y;
  for (const std::size_t row : failures.row) {
    y.push_back(kPlotBottom + kPlotHeight + 0.07 +
                kFailureRow * static_cast<double>(failures.rows() - 1 - row));
  }
  head.count("failures", y.size());
  if (y.empty()) return;
  head.numbers("failure_x", failures.x);
  head.numbers("failure_y", y);
}

std::string titled(const char* quantity, const char* unit, const CaseSummary* vanilla) {
  return std::string(quantity) + (vanilla ? ", \u00d7 vanilla" : std::string(" (") + unit + ")");
}

std::size_t processes_of(const Group& group) {
  std::size_t processes = 1;
  for (const CaseSummary& c : group.cases) processes = std::max(processes, c.records.size());
  return processes;
}

std::string x_title(const Group& group) {
  const std::size_t processes = processes_of(group);
  const std::string title = titled("time of a step", "ms", group.vanilla());
  return processes == 1 ? title
                        : title + "; bars: range of " + std::to_string(processes) + " processes";
}

std::string data_of(const std::vector<Point>& points, const Failures& failures) {
  std::string out = "# method x y x_low x_high y_low y_high\n";
  for (const Point& p : points) {
    out += gnuplot_field(p.item->method);
    for (const double value : {p.x, p.y, p.x_low, p.x_high, p.y_low, p.y_high})
      out += " " + fixed(value, 6);
    out += "\n";
  }
  out += "\n\n# cases without numbers\n";
  for (const std::string& text : failures.texts) out += gnuplot_field(text) + "\n";
  return out;
}

/// Open markers over filled ones, so that neither hides the other. Counted from 1.
std::vector<double> drawing_order(const std::vector<MarkerStyle>& styles) {
  std::vector<double> order;
  for (const bool open : {false, true}) {
    for (std::size_t i = 0; i < styles.size(); ++i) {
      if (is_open(styles[i]) == open) order.push_back(static_cast<double>(i + 1));
    }
  }
  return order;
}

void add_markers(ScriptHead& head, const std::vector<Point>& points) {
  std::vector<std::string> methods;
  for (const Point& p : points) methods.push_back(p.item->method);
  std::vector<double> shape, color, text_color;
  const std::vector<MarkerStyle> styles = marker_styles(methods);
  for (const MarkerStyle& style : styles) {
    shape.push_back(style.shape);
    color.push_back(style.color);
    text_color.push_back(style.text_color);
  }
  head.numbers("marker", shape);
  head.numbers("color", color);
  head.numbers("text_color", text_color);
  head.numbers("drawn", drawing_order(styles));
}

}  // namespace

FigureSource tradeoff_figure(const std::string& name, const Group& group) {
  const std::vector<Point> points = points_of(group, scale_of(group.vanilla()));
  const Failures failures = failures_of(group);
  const double top = kPlotBottom + kPlotHeight;
  ScriptHead head(name, kWidth, top + 0.1 + kFailureRow * static_cast<double>(failures.rows()));
  head.number("plot_left", kPlotLeft);
  head.number("plot_right", kPlotRight);
  head.number("plot_bottom", kPlotBottom);
  head.number("plot_top", top);
  head.text("x_title", x_title(group));
  head.text("y_title", titled("peak allocated", "MiB", group.vanilla()));
  head.count("points", points.size());
  add_failures(head, failures);
  head.count("has_bars", processes_of(group) > 1);
  if (points.empty()) return {};
  const RatioAxis x = x_axis(points);
  const RatioAxis y = y_axis(points);
  head.axis("x", x);
  head.axis("y", y);
  add_labels(head, points, x, y);
  add_markers(head, points);
  return {data_of(points, failures), head.finish(templates::kTradeoff)};
}

}  // namespace clipbench::reporters
