// --filter: a regular expression on cases' names, as Google Benchmark's users know it.
#pragma once

#include <regex>
#include <string>
#include <vector>

#include "bench/cases/case.h"

namespace clipbench::bench {

class NameFilter {
 public:
  /// An empty expression matches all; a leading '-' negates. `flag` stands in the error's line.
  /// Throws UsageError when it isn't a regular expression.
  NameFilter(const std::string& expression, const std::string& flag);

  bool matches(const std::string& name) const;
  std::vector<Case> select(const std::vector<Case>& cases) const;

 private:
  bool negated_;
  std::regex expression_;
};

/// Cases that a filter names by itself: a full case's name, or a table's heading (`.*` for the
/// method). Empty for any other expression.
std::vector<Case> cases_named_by(const std::string& expression);

}  // namespace clipbench::bench
