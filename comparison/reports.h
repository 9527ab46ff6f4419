// A comparison as text for terminals, for Markdown readers, and for CI systems that read JUnit's
// XML. Pure; strings of records are escaped for where they are put.
#pragma once

#include <string>

#include "comparison/comparison.h"
#include "comparison/words.h"
#include "reporters/console_table.h"
#include "reporters/figure_source.h"

namespace clipbench::comparison {

struct ReportContext {
  std::string base, next;  ///< as the user named them
  Subject subject = Subject::runs;
  Gate gate = Gate::both;
  double alpha = 0.05;
};

/// A table a group, headed by the regex that selects it; below a row, why its verdict.
std::string console_comparison(const Comparison&, const ReportContext&,
                               const reporters::ConsoleOptions&);

std::string markdown_comparison(const Comparison&, const ReportContext&);

/// A test case a case; a finding is a failure, a missing case an error.
std::string junit_comparison(const Comparison&, const ReportContext&);

/// Ratios of time with their intervals and of allocated peaks, findings marked. No case with
/// numbers: an empty script. Of very many cases the ones that changed most are shown.
reporters::FigureSource comparison_figure(const std::string& name, const Comparison&,
                                          const ReportContext&);

}  // namespace clipbench::comparison
