// The part of a gnuplot script that depends on data: numbers, and strings of this program's own.
// Strings of records never come here; scripts read them from the data file.
#pragma once

#include <string>
#include <vector>

#include "reporters/figure_style.h"
#include "reporters/ratio_axis.h"

namespace clipbench::reporters {

class ScriptHead {
 public:
  /// Files are `name`.dat and `name`.pdf; the size is in inches.
  ScriptHead(const std::string& name, double width, double height);
  void number(const char* name, double value);
  void count(const char* name, std::size_t value);  ///< an integer to gnuplot, too
  void numbers(const char* name, const std::vector<double>& values);
  void text(const char* name, const std::string& own_text);
  void texts(const char* name, const std::vector<std::string>& own_texts);
  /// name_min, name_max, name_log, name_ticks, name_format.
  void axis(const std::string& name, const RatioAxis& axis);
  /// Swatches in rows centred on `width` inches, the first row's middle `top` inches above the
  /// bottom.
  void legend(const std::vector<ComponentStyle>& styles, double width, double top);
  std::string finish(const char* figure_template) const;

 private:
  std::string out_;
};

/// Rows that a legend takes on `width` inches.
std::size_t legend_rows(const std::vector<ComponentStyle>& styles, double width);

/// Width of a text in inches, estimated: Liberation Sans at `points`.
double text_width(const std::string& text, double points);

/// 1, 2, 2.5 or 5 times a power of ten, for about `count` steps in `range`.
double nice_step(double range, int count);

}  // namespace clipbench::reporters
