#include <algorithm>

#include "reporters/figure_script.h"
#include "reporters/figure_source.h"
#include "reporters/figure_templates.h"
#include "reporters/text.h"

namespace clipbench::reporters {
namespace {

constexpr double kWidth = 7.0, kRowHeight = 0.235, kPad = 0.35;
constexpr double kLeftBegin = 0.85, kLeftEnd = 4.0, kRightBegin = 4.35, kRightEnd = 6.9;
constexpr double kLegendWidth = 6.9;
/// The changes' axis reaches at least so far, as a part of the largest peak: a few bytes shall not
/// fill it.
constexpr double kLeastReach = 0.01;

struct Band {
  double low = 0, high = 0;
};

/// A method's row of the figure, in the figure's unit.
struct Bar {
  const CaseSummary* item = nullptr;
  std::vector<Band> left, right;
  double total = 0, added_end = 0, removed_end = 0;
  std::string label, failure, added_label, note;
};

std::vector<Band> stacked(const std::vector<std::int64_t>& bytes, const Unit& unit) {
  std::vector<Band> bands;
  double at = 0;
  for (const std::int64_t n : bytes) {
    const double next = at + static_cast<double>(n) / unit.bytes;
    bands.push_back({at, next});
    at = next;
  }
  return bands;
}

/// Growth to the right of zero, shrinkage to the left, each stacked from zero.
std::vector<Band> diverging(const std::vector<std::int64_t>& changes, const Unit& unit) {
  std::vector<Band> bands;
  double right = 0, left = 0;
  for (const std::int64_t change : changes) {
    double& at = change >= 0 ? right : left;
    const double next = at + static_cast<double>(change) / unit.bytes;
    bands.push_back({at, next});
    at = next;
  }
  return bands;
}

std::vector<std::int64_t> difference(std::vector<std::int64_t> a,
                                     const std::vector<std::int64_t>& b) {
  for (std::size_t i = 0; i < a.size(); ++i) a[i] -= b[i];
  return a;
}

std::string in_unit(double value) { return fixed(value, value < 1000 ? 1 : 0); }

/// In the unit, or a smaller one by name where that would show 0.0.
std::string size_text(double bytes, const Unit& unit) {
  constexpr double kKiB = 1 << 10, kMiB = 1 << 20;
  if (bytes >= 0.05 * unit.bytes) return in_unit(bytes / unit.bytes);
  if (bytes >= 0.05 * kMiB) return fixed(bytes / kMiB, 1) + " MiB";
  return bytes < kKiB ? fixed(bytes, 0) + " B" : fixed(bytes / kKiB, 1) + " KiB";
}

/// `+1.5 (+2.5%)`
std::string change_text(std::int64_t change, std::int64_t base, const Unit& unit) {
  if (change == 0) return "\u00b10";
  const std::string sign = change < 0 ? "\u2212" : "+";
  const double size = std::abs(static_cast<double>(change));
  const double share = 100 * size / static_cast<double>(base);
  const std::string out = sign + size_text(size, unit);
  return share < 0.05 ? out : out + " (" + sign + fixed(share, 1) + "%)";
}

void add_overhead(Bar& bar, const CaseSummary* vanilla, const ShownComponents& shown,
                  const Unit& unit) {
  bar.right.assign(shown.styles().size(), {});
  if (!vanilla) return;
  if (bar.item == vanilla) {
    bar.note = "baseline";
    return;
  }
  bar.right = diverging(
      difference(shown.at_peak(bar.item->first()), shown.at_peak(vanilla->first())), unit);
  for (const Band& band : bar.right) {
    bar.added_end = std::max(bar.added_end, band.high);
    bar.removed_end = std::min(bar.removed_end, band.high);
  }
  const std::int64_t base = vanilla->peak_allocated_bytes;
  bar.added_label = change_text(bar.item->peak_allocated_bytes - base, base, unit);
}

Bar bar_of(const CaseSummary& c, const CaseSummary* vanilla, const ShownComponents& shown,
           const Unit& unit) {
  Bar bar;
  bar.item = &c;
  if (!c.ok()) {
    bar.left.assign(shown.styles().size(), {});
    bar.right = bar.left;
    bar.failure =
        c.status == Status::oom ? "\u00d7 OOM" : "\u00d7 " + std::string(to_string(c.status));
    return bar;
  }
  bar.left = stacked(shown.at_peak(c.first()), unit);
  bar.total = static_cast<double>(c.peak_allocated_bytes) / unit.bytes;
  bar.label = in_unit(bar.total);
  if (vanilla && vanilla != &c) {
    const double base = static_cast<double>(vanilla->peak_allocated_bytes) / unit.bytes;
    bar.label += " (" + fixed(bar.total / base, bar.total / base < 9.995 ? 2 : 1) + "\u00d7)";
  }
  add_overhead(bar, vanilla, shown, unit);
  return bar;
}

std::string data_of(const std::vector<Bar>& bars, std::size_t components) {
  std::string out = "# method y total label failure end_of_added added_label note\n";
  for (std::size_t i = 0; i < bars.size(); ++i) {
    const Bar& b = bars[i];
    out += gnuplot_field(b.item->method) + " " + std::to_string(i + 1) + " " + fixed(b.total, 6) +
           " " + gnuplot_field(b.label) + " " + gnuplot_field(b.failure) + " " +
           fixed(b.added_end, 6) + " " + gnuplot_field(b.added_label) + " " +
           gnuplot_field(b.note) + "\n";
  }
  for (std::size_t k = 0; k < components; ++k) {
    for (const auto side : {&Bar::left, &Bar::right}) {
      out += "\n\n";
      for (std::size_t i = 0; i < bars.size(); ++i) {
        const Band& band = (bars[i].*side)[k];
        out += std::to_string(i + 1) + " " + fixed(band.low, 6) + " " + fixed(band.high, 6) + "\n";
      }
    }
  }
  return out;
}

/// Room for the widest label beside its bar: the axis reaches so far that `width` inches hold both.
double axis_end(const std::vector<Bar>& bars, double width, double from, double Bar::*end,
                const std::string Bar::*label) {
  double reach = 0;
  for (const Bar& b : bars) {
    const double room = width - text_width((b.*label), 8) - 0.12;
    reach = std::max(reach, from + (b.*end - from) * width / std::max(room, 0.2 * width));
  }
  return reach > from ? reach : from + 1;
}

void add_axes(ScriptHead& head, const std::vector<Bar>& bars) {
  const double left_max = axis_end(bars, kLeftEnd - kLeftBegin, 0, &Bar::total, &Bar::label);
  double lowest = 0, largest = kLeastReach * left_max;
  for (const Bar& b : bars) {
    lowest = std::min(lowest, b.removed_end);
    largest = std::max(largest, b.added_end);
  }
  const double pad = 0.04 * (largest - lowest);
  const double right_min = lowest < 0 ? lowest - pad : 0;
  double right_max =
      axis_end(bars, kRightEnd - kRightBegin, right_min, &Bar::added_end, &Bar::added_label);
  right_max = std::max(right_max, largest + pad);
  head.number("left_max", left_max);
  head.number("left_step", nice_step(left_max, 5));
  head.number("right_min", right_min);
  head.number("right_max", right_max);
  head.number("right_step", nice_step(right_max - right_min, 6));
}

}  // namespace

FigureSource breakdown_figure(const std::string& name, const Group& group) {
  const ShownComponents shown(group, ShownComponents::Of::peaks);
  std::int64_t largest = 0;
  for (const CaseSummary& c : group.cases) largest = std::max(largest, c.peak_allocated_bytes);
  const Unit unit = unit_for(largest);
  std::vector<Bar> bars;
  for (const CaseSummary& c : group.cases) {
    bars.push_back(bar_of(c, group.vanilla(), shown, unit));
  }

  const auto legend = static_cast<double>(legend_rows(shown.styles(), kLegendWidth));
  const double bottom = 0.5 + 0.17 * legend;
  ScriptHead head(name, kWidth, bottom + kRowHeight * static_cast<double>(bars.size()) + kPad);
  head.count("rows", bars.size());
  head.number("bottom", bottom);
  head.number("left_begin", kLeftBegin);
  head.number("left_end", kLeftEnd);
  head.number("right_begin", kRightBegin);
  head.number("right_end", kRightEnd);
  head.text("unit", unit.name);
  head.legend(shown.styles(), kWidth, 0.17 * legend - 0.07);
  add_axes(head, bars);
  return {data_of(bars, shown.styles().size()), head.finish(templates::kBreakdown)};
}

}  // namespace clipbench::reporters
