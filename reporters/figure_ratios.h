// Ratios of two runs, a row a case: time with its interval on the left, peak memory on the right.
#pragma once

#include <string>
#include <vector>

#include "reporters/figure_source.h"

namespace clipbench::reporters {

struct RatioRow {
  enum Mark { plain = 0, worse = 1, better = 2 };
  std::string label;
  double time = 0, low = 0, high = 0;  ///< new / base; time 0: none; low 0: no interval
  Mark time_mark = plain;
  double memory = 0;  ///< new / base; 0: none
  Mark memory_mark = plain;
  std::string note;  ///< instead of numbers: "OOM"
};

/// This program's own words for the marks, and for what is divided: "new / base".
struct MarkWords {
  std::string worse, better, ratio;
};

/// `equivalent`: ratios within 1 ± this count as the same, shown as a band. `title` is of records:
/// it goes into the data. Rows must not be empty.
FigureSource ratios_figure(const std::string& name, const std::string& title,
                           const std::vector<RatioRow>& rows, double equivalent,
                           const MarkWords& words);

}  // namespace clipbench::reporters
