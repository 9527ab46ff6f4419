// What all ways to compare share: which records, by which rules, reported how.
#pragma once

#include <string>
#include <vector>

#include "bench/options.h"
#include "comparison/compare.h"
#include "comparison/reports.h"
#include "reporters/record.h"

namespace clipbench::bench {

/// A run's name for the reader, and its records that --filter selects.
struct Chosen {
  std::string name;
  std::vector<reporters::Record> records;
};

/// Throws NotUsable where there is no such run.
Chosen choose(const std::string& run, const SelectionOptions&);
/// The same of a run that decides which cases there are: UsageError where the filter selects none.
Chosen choose_base(const std::string& run, const SelectionOptions&);

/// With --tolerance. Throws UsageError.
comparison::Rules rules_of(const CompareOptions&);
comparison::ReportContext context_of(const Options&, const std::string& base,
                                     const std::string& next);

/// In the order of methods. Throws NotUsable where the two can't be compared.
comparison::Comparison judge(const Chosen& base, const Chosen& next, const comparison::Rules&);
comparison::Comparison judge_methods(const Chosen&, const std::string& method,
                                     const comparison::Rules&);

}  // namespace clipbench::bench
