// A finished comparison to the user: table on stdout, what it means on stderr, files, exit code.
#pragma once

#include <string>

#include "bench/options.h"
#include "comparison/reports.h"

namespace clipbench::bench {

/// --gate, or its default: memory where the environment variable CI is set.
comparison::Gate gate_of(const CompareOptions&);

/// Prints, writes --markdown, --junit, --figure, and appends Markdown to the file that
/// $GITHUB_STEP_SUMMARY names. Returns 0 pass, 1 a finding, 3 a case is missing. Throws NotUsable
/// where there is no case to compare, UsageError where a file can't be written.
int report_comparison(const comparison::Comparison&, const comparison::ReportContext&,
                      const Options&);

}  // namespace clipbench::bench
