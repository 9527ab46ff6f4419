// What speaks for and against the numbers of a run: section 5 of summary.txt. Pure.
#pragma once

#include <string>
#include <vector>

#include "reporters/context.h"
#include "reporters/record.h"

namespace clipbench::reporters {

/// Lines `name  finding`, at most 100 columns: verified, account, peaks, times, throttling, other
/// GPU users.
std::string checks_text(const std::vector<Record>& records, const Context& context);

}  // namespace clipbench::reporters
