// What a command line means: which cases, how often, measured how.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "bench/options.h"

namespace clipbench::bench {

struct Plan {
  std::string suite;
  std::vector<Case> cases;
  std::int64_t repetitions = 1;
  WorkerOptions measuring;

  std::int64_t processes() const { return repetitions * static_cast<std::int64_t>(cases.size()); }
  bool uses(const std::string& device) const;
};

/// `device`: that of cases when the user names none. Throws UsageError when nothing is selected.
/// A filter looks in the suite first; where no suite and no lists were given, then among all
/// models' cases, and a full name or a table's heading names its cases itself.
Plan make_plan(const Options&, const std::string& device);

/// Cases of RUN-less verbs that take all (`list cases`): as make_plan(), without a filter's
/// demands.
std::vector<Case> suite_cases(const Options&, const std::string& device);

}  // namespace clipbench::bench
