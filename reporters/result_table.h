// A group of cases as a text table, by the columns of one place; shared by console and summary.txt.
#pragma once

#include "reporters/columns.h"
#include "reporters/text_table.h"

namespace clipbench::reporters {

/// A case without numbers keeps its row with the reason. `unicode`: headings as declared, else in
/// ASCII.
TextTable result_table(const Group& group, Place place, bool unicode);

}  // namespace clipbench::reporters
