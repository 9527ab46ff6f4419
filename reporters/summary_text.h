// summary.txt: every number of a run as text, in a fixed order, at most 100 columns.
#pragma once

#include <string>
#include <vector>

#include "reporters/context.h"
#include "reporters/record.h"

namespace clipbench::reporters {

/// 1 results · 2 at the peak · 3 DP overhead · 4 timeline · 5 checks · 6 not measured. Always all
/// six. Pure.
std::string summary_text(const std::vector<Record>& records, const Context& context);

}  // namespace clipbench::reporters
