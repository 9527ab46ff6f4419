// The table that a run ends with, as text.
#pragma once

#include <string>
#include <vector>

#include "reporters/context.h"
#include "reporters/record.h"

namespace clipbench::reporters {

struct ConsoleOptions {
  bool color = false;    ///< ANSI colours
  bool unicode = false;  ///< "±%" instead of "+-%"
};

/// A table a group, headed by the regex that selects it; vanilla first, a case without numbers
/// keeps its row.
std::string console_table(const std::vector<Record>& records, const Context& context,
                          const ConsoleOptions& options = {});

/// `5 cases: 5 ok, all verified (worst error 3.1e-15, tolerance 1e-12), residual 0 bytes in all`,
/// no newline.
std::string closing_line(const std::vector<Record>& records);

}  // namespace clipbench::reporters
