// The cells of a comparison's table, shared by console and Markdown.
#pragma once

#include <string>
#include <vector>

#include "comparison/comparison.h"
#include "comparison/words.h"

namespace clipbench::comparison {

struct RowHeading {
  const char* text;
  bool left;
};
/// Behind the method: alloc MiB, change, memory, step ms, x, interval, p, time.
const std::vector<RowHeading>& row_headings();
/// As many cells; "-" where there is no number.
std::vector<std::string> row_cells(const CaseComparison&, Subject);

}  // namespace clipbench::comparison
