#include <algorithm>
#include <limits>

#include "reporters/figure_script.h"
#include "reporters/figure_source.h"
#include "reporters/figure_templates.h"
#include "reporters/step_timeline.h"
#include "reporters/text.h"

namespace clipbench::reporters {
namespace {

constexpr double kWidth = 7.0, kLeft = 0.62, kRight = 0.14, kTop = 0.24;
constexpr double kPanelHeight = 1.05, kBetweenColumns = 0.24;
/// Panels share their time axis unless the longest step takes so many times the shortest.
constexpr double kOwnAxesFrom = 2.6;
constexpr double kHeadroom =
    1.46;  ///< of the axis above the highest peak: for the peak's value and the phases

/// Axes and panels, the same for all methods.
struct Layout {
  Unit unit{};
  double longest_ms = 0, y_max = 0;  ///< y in the unit
  bool own_time_axes = false;
  std::size_t columns = 0, rows = 0;
  double panel_width = 0, bottom = 0;
  double between_rows() const { return own_time_axes ? 0.42 : 0.3; }
};

/// A case and its time axis; the axis is empty where there is no timeline.
struct Panel {
  const CaseSummary* item;
  StepAxis axis;
  bool has_timeline() const { return !axis.point_ms.empty(); }
  const Timeline& timeline() const { return item->first().memory.timeline; }
};

std::vector<Panel> panels_of(const Group& group) {
  std::vector<Panel> panels;
  for (const CaseSummary& c : group.cases) {
    const bool drawn = c.ok() && highest_point(c.first().memory.timeline) >= 0;
    panels.push_back({&c, drawn ? step_axis(c.first()) : StepAxis{}});
  }
  return panels;
}

std::string phase_label(const std::string& phase, double inches) {
  struct Names {
    const char *key, *full, *brief;
  };
  static constexpr Names kNames[] = {
      {"forward", "forward", "fwd"},
      {"backward", "backward", "bwd"},
      {"backward2", "backward 2", "bwd 2"},
      {"weighted_sum", "weighted sum", "sum"},
      {kPhasesOfEachSample, "forward, backward, clip per sample", "fwd, bwd, clip per sample"}};
  std::string full = phase, brief = phase;
  for (const Names& n : kNames) {
    if (phase == n.key) full = n.full, brief = n.brief;
  }
  for (const std::string& label : {full, brief}) {
    if (text_width(label, 7) + 0.03 <= inches) return label;
  }
  return "";
}

double in_unit(std::int64_t bytes, const Layout& layout) {
  return static_cast<double>(bytes) / layout.unit.bytes;
}

Layout layout_of(const std::vector<Panel>& panels) {
  Layout layout;
  std::int64_t highest = 0;
  double shortest = std::numeric_limits<double>::infinity();
  for (const Panel& p : panels) {
    if (!p.has_timeline()) continue;
    const Timeline& t = p.timeline();
    highest = std::max(highest, t.allocated_bytes[static_cast<std::size_t>(highest_point(t))]);
    layout.longest_ms = std::max(layout.longest_ms, p.axis.end_ms());
    shortest = std::min(shortest, p.axis.end_ms());
  }
  layout.own_time_axes = layout.longest_ms > kOwnAxesFrom * shortest;
  layout.unit = unit_for(highest);
  layout.y_max = highest > 0 ? kHeadroom * in_unit(highest, layout) : 1;
  layout.columns = std::min<std::size_t>(3, panels.size());
  layout.rows = (panels.size() + layout.columns - 1) / layout.columns;
  const auto n = static_cast<double>(layout.columns);
  layout.panel_width = (kWidth - kLeft - kRight - (n - 1) * kBetweenColumns) / n;
  return layout;
}

/// The end of a panel's time axis.
double x_max(const Panel& p, const Layout& layout) {
  const bool own = layout.own_time_axes && p.has_timeline();
  const double end = own ? p.axis.end_ms() : layout.longest_ms;
  return end > 0 ? end : 1;
}

/// `name failure peak_x peak_y label_x label`; the label's middle is kept so far inside that its
/// text fits.
std::string panel_line(const Panel& p, const Layout& layout) {
  const CaseSummary& c = *p.item;
  if (!p.has_timeline()) {
    const std::string why = c.ok()                    ? "no timeline"
                            : c.status == Status::oom ? "OOM"
                                                      : to_string(c.status);
    return gnuplot_field(c.method) + " " + gnuplot_field("\u00d7 " + why) + " 0 -1 0 \"\"\n";
  }
  const auto peak = static_cast<std::size_t>(highest_point(p.timeline()));
  const double at = p.axis.point_ms[peak];
  const double height = in_unit(p.timeline().allocated_bytes[peak], layout);
  const std::string label = "peak " + fixed(height, height < 1000 ? 1 : 0) + " " + layout.unit.name;
  const double half = 0.55 * text_width(label, 8) / layout.panel_width * x_max(p, layout);
  const double middle = std::max(half, std::min(at, x_max(p, layout) - half));
  return gnuplot_field(c.method) + " \"\" " + fixed(at, 6) + " " + fixed(height, 6) + " " +
         fixed(middle, 6) + " " + gnuplot_field(label) + "\n";
}

/// The sums before each component and the total.
std::string curve_line(double at, const std::vector<std::int64_t>& bytes, const Layout& layout) {
  std::string out = fixed(at, 6) + " 0";
  std::int64_t sum = 0;
  for (const std::int64_t n : bytes) out += " " + fixed(in_unit(sum += n, layout), 4);
  return out + "\n";
}

/// Corners of the steps: an amount holds until the next event.
std::string curve(const Panel& p, const ShownComponents& shown, const Layout& layout) {
  std::vector<std::int64_t> bytes(shown.styles().size(), 0);
  const double end = x_max(p, layout);
  if (!p.has_timeline()) return curve_line(0, bytes, layout) + curve_line(end, bytes, layout);
  const std::vector<double>& point_ms = p.axis.point_ms;
  std::string out;
  for (std::size_t i = 0; i < point_ms.size(); ++i) {
    if (i > 0) out += curve_line(point_ms[i], bytes, layout);
    bytes = shown.at_point(p.item->first(), i);
    out += curve_line(point_ms[i], bytes, layout);
  }
  return point_ms.size() > 1 ? out : out + curve_line(end, bytes, layout);
}

std::string phases(const Panel& p, const Layout& layout) {
  std::string out;
  for (const PhaseSpan& span : p.axis.phases) {
    const double inches = (span.end_ms - span.begin_ms) / x_max(p, layout) * layout.panel_width;
    out += fixed(span.begin_ms, 6) + " " + fixed(span.end_ms, 6) + " " +
           fixed((span.begin_ms + span.end_ms) / 2, 6) + " " +
           gnuplot_field(phase_label(span.name, inches)) + "\n";
  }
  return out.empty() ? "0 0 0 \"\"\n" : out;
}

void add_panels(ScriptHead& head, const Layout& layout, const std::vector<Panel>& shown) {
  const std::size_t panels = shown.size();
  std::vector<double> left, bottom, has_x, has_y, end, step;
  for (std::size_t i = 0; i < panels; ++i) {
    const std::size_t row = i / layout.columns, column = i % layout.columns;
    left.push_back(kLeft + static_cast<double>(column) * (layout.panel_width + kBetweenColumns));
    bottom.push_back(layout.bottom + static_cast<double>(layout.rows - 1 - row) *
                                         (kPanelHeight + layout.between_rows()));
    has_x.push_back(layout.own_time_axes || i + layout.columns >= panels);
    end.push_back(x_max(shown[i], layout));
    step.push_back(nice_step(end.back(), 4));
    has_y.push_back(column == 0);
  }
  head.count("panels", panels);
  head.number("panel_width", layout.panel_width);
  head.number("panel_height", kPanelHeight);
  head.numbers("panel_left", left);
  head.numbers("panel_bottom", bottom);
  head.numbers("panel_has_x", has_x);
  head.numbers("panel_has_y", has_y);
  head.numbers("x_max", end);
  head.numbers("x_step", step);
  const bool on_device = std::any_of(shown.begin(), shown.end(), [](const Panel& p) {
    return p.has_timeline() && has_device_clock(p.item->first());
  });
  head.text("x_title", std::string(on_device ? "device time" : "time") +
                           " within one training step (ms" +
                           (layout.own_time_axes ? "; scales differ)" : ")"));
}

}  // namespace

FigureSource timeline_figure(const std::string& name, const Group& group) {
  const ShownComponents shown(group, ShownComponents::Of::steps);
  const std::vector<Panel> panels = panels_of(group);
  Layout layout = layout_of(panels);
  const auto legend = static_cast<double>(legend_rows(shown.styles(), kWidth - 0.1));
  layout.bottom = 0.5 + 0.17 * legend;
  const auto rows = static_cast<double>(layout.rows);
  ScriptHead head(
      name, kWidth,
      layout.bottom + rows * (kPanelHeight + layout.between_rows()) - layout.between_rows() + kTop);
  head.text("unit", layout.unit.name);
  head.number("y_max", layout.y_max);
  head.number("y_step", nice_step(layout.y_max, 5));
  add_panels(head, layout, panels);
  head.legend(shown.styles(), kWidth, 0.17 * legend - 0.07);

  std::string data = "# method failure peak_ms peak label_ms label\n", blocks;
  for (const Panel& p : panels) {
    data += panel_line(p, layout);
    blocks += "\n\n" + curve(p, shown, layout) + "\n\n" + phases(p, layout);
  }
  return {data + blocks, head.finish(templates::kTimeline)};
}

}  // namespace clipbench::reporters
