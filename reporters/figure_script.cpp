#include "reporters/figure_script.h"

#include <cmath>

#include "reporters/figure_templates.h"
#include "reporters/text.h"

namespace clipbench::reporters {
namespace {

constexpr double kSwatch = 0.2, kGap = 0.07, kBetween = 0.17, kRow = 0.17;

double entry_width(const ComponentStyle& style) {
  return kSwatch + kGap + text_width(style.label, 8);
}

/// Entries of each row.
std::vector<std::vector<std::size_t>> rows_of(const std::vector<ComponentStyle>& styles,
                                              double width) {
  std::vector<std::vector<std::size_t>> rows(1);
  double used = 0;
  for (std::size_t i = 0; i < styles.size(); ++i) {
    const double need = entry_width(styles[i]) + kBetween;
    if (used + need > width && !rows.back().empty()) {
      rows.emplace_back();
      used = 0;
    }
    rows.back().push_back(i);
    used += need;
  }
  return rows;
}

std::string quoted(const std::string& own_text) { return "'" + own_text + "'"; }

}  // namespace

std::size_t legend_rows(const std::vector<ComponentStyle>& styles, double width) {
  return rows_of(styles, width).size();
}

double text_width(const std::string& text, double points) {
  double ems = 0;
  for (const char c : text) {
    if ((static_cast<unsigned char>(c) & 0xC0) == 0x80) continue;
    const bool narrow = std::string("iljtf.,:;|!' ()/").find(c) != std::string::npos;
    const bool wide = std::string("mwMWGOQ%").find(c) != std::string::npos;
    ems += narrow ? 0.28 : wide ? 0.8 : 0.53;
  }
  return ems * points / 72;
}

double nice_step(double range, int count) {
  const double rough = range / count;
  const double power = std::pow(10, std::floor(std::log10(rough)));
  for (const double step : {1.0, 2.0, 2.5, 5.0}) {
    if (rough <= step * power * 1.0001) return step * power;
  }
  return 10 * power;
}

ScriptHead::ScriptHead(const std::string& name, double width, double height) {
  out_ = "# gnuplot " + name + ".gp\n";
  text("data", name + ".dat");
  text("pdf", name + ".pdf");
  number("W", width);
  number("H", height);
}

void ScriptHead::number(const char* name, double value) {
  out_ += std::string(name) + " = " + fixed(value, 6) + "\n";
}

void ScriptHead::count(const char* name, std::size_t value) {
  out_ += std::string(name) + " = " + std::to_string(value) + "\n";
}

void ScriptHead::numbers(const char* name, const std::vector<double>& values) {
  out_ += "array " + std::string(name) + "[" + std::to_string(values.size()) + "] = [";
  for (std::size_t i = 0; i < values.size(); ++i) out_ += (i ? ", " : "") + fixed(values[i], 6);
  out_ += "]\n";
}

void ScriptHead::axis(const std::string& name, const RatioAxis& axis) {
  number((name + "_min").c_str(), axis.min);
  number((name + "_max").c_str(), axis.max);
  count((name + "_log").c_str(), axis.log);
  numbers((name + "_ticks").c_str(), axis.ticks);
  text((name + "_format").c_str(),
       axis.digits < 0 ? "%g" : "%." + std::to_string(axis.digits) + "f");
}

void ScriptHead::text(const char* name, const std::string& own_text) {
  out_ += std::string(name) + " = " + quoted(own_text) + "\n";
}

void ScriptHead::texts(const char* name, const std::vector<std::string>& own_texts) {
  out_ += "array " + std::string(name) + "[" + std::to_string(own_texts.size()) + "] = [";
  for (std::size_t i = 0; i < own_texts.size(); ++i) out_ += (i ? ", " : "") + quoted(own_texts[i]);
  out_ += "]\n";
}

void ScriptHead::legend(const std::vector<ComponentStyle>& styles, double width, double top) {
  std::vector<double> x(styles.size()), y(styles.size()), hatches;
  std::vector<std::string> labels, colors;
  for (const auto& row : rows_of(styles, width)) {
    double length = -kBetween;
    for (const std::size_t i : row) length += entry_width(styles[i]) + kBetween;
    double at = (width - length) / 2;
    for (const std::size_t i : row) {
      x[i] = at;
      y[i] = top;
      at += entry_width(styles[i]) + kBetween;
    }
    top -= kRow;
  }
  for (const ComponentStyle& style : styles) {
    labels.emplace_back(style.label);
    colors.emplace_back(style.color);
    hatches.push_back(style.hatch);
  }
  count("components", styles.size());
  texts("component", labels);
  texts("color", colors);
  numbers("hatch", hatches);
  numbers("legend_x", x);
  numbers("legend_y", y);
}

std::string ScriptHead::finish(const char* figure_template) const {
  return out_ + "\n" + templates::kStyle + "\n" + figure_template;
}

}  // namespace clipbench::reporters
