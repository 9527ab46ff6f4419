// A run's table, or what is known of its cases one by one.
#include <cstdio>

#include "bench/case_detail.h"
#include "bench/cases/case.h"
#include "bench/console_style.h"
#include "bench/exit_code.h"
#include "bench/name_filter.h"
#include "bench/report_run.h"
#include "bench/resolve_run.h"
#include "bench/verbs/verb.h"
#include "reporters/console_table.h"

namespace clipbench::bench {
namespace {

using reporters::Record;

/// Records whose case matches, the first process of each.
std::vector<Record> matching(const std::vector<Record>& records, const std::string& expression) {
  const NameFilter filter(expression, "show");
  std::vector<Record> found;
  for (const auto& record : records)
    if (record.repetition == 0 && filter.matches(record.case_name)) found.push_back(record);
  if (found.empty())
    throw UsageError("show '" + expression + "' matches none of " + std::to_string(records.size()) +
                     " records; without it, show lists them");
  return found;
}

}  // namespace

int show_verb(const Options& options) {
  const std::string run = options.words.empty() ? "latest" : options.words.front();
  const ResolvedRun resolved = resolve_run(run);
  const auto records = resolved.records();
  const std::string expression =
      options.words.size() > 1 ? options.words[1] : options.selection.filter;
  if (expression.empty() && resolved.is_folder) {
    std::fputs(
        console_table(records, report_context(), console_style(options.output.color)).c_str(),
        stdout);
    std::fflush(stdout);  // before what goes to stderr, where both end in one file
    std::fprintf(stderr, "%s\n", reporters::closing_line(records).c_str());
    return kPass;
  }
  for (const auto& record : matching(records, expression))
    std::fputs(case_detail(record).c_str(), stdout);
  return kPass;
}

}  // namespace clipbench::bench
