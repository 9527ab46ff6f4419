// A group of cases as a text table, by the columns of one place; shared by console and summary.txt.
#pragma once

#include "reporters/columns.h"
#include "reporters/text_table.h"

namespace clipbench::reporters {

struct TableOptions {
  bool unicode = false;  ///< headings as declared, else in ASCII
  bool compact =
      false;  ///< columns as narrow as their content; else tables of different groups align
};

/// A case without numbers keeps its row with the reason.
TextTable result_table(const Group& group, Place place, const TableOptions& options);

}  // namespace clipbench::reporters
