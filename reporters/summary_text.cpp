#include "reporters/summary_text.h"

#include <algorithm>

#include "reporters/console_table.h"
#include "reporters/result_table.h"
#include "reporters/summary_checks.h"
#include "reporters/summary_tables.h"
#include "reporters/tally.h"
#include "reporters/text.h"

namespace clipbench::reporters {
namespace {

std::string join(const std::vector<std::string>& lines) {
  std::string out;
  for (const std::string& line : lines) out += line + "\n";
  return out;
}

std::string wrapped_line(const std::string& text) { return join(wrapped(text, kSummaryColumns)); }

std::string title(const std::vector<Record>& records) {
  if (records.empty()) return "clipbench: no records\n";
  const Environment& e = records[0].environment;
  std::string out = wrapped_line("clipbench " + one_line(e.clipbench) + " (" + one_line(e.git_sha) +
                                 ", " + one_line(e.build_type) + ")   torch " + one_line(e.torch) +
                                 (e.cuda.empty() ? "" : "   cuda " + one_line(e.cuda)));
  out += wrapped_line("device " + one_line(records[0].config.device) + ": " +
                      one_line(e.device_name) + ", " + mib(e.device_memory_bytes) + " MiB, " +
                      std::to_string(e.threads) + " threads");
  return out +
         "MiB = 2^20 bytes; x: against vanilla; +-%: half of the 95 % interval of the median "
         "step,\n"
         "or of the range over processes where a case has several\n";
}

std::string results(const Group& g) {
  const TableOptions narrow = {.compact = true};
  return join(result_table(g, kConsole, narrow).lines(kSummaryColumns)) + "\n" +
         join(result_table(g, kDetail, narrow).lines(kSummaryColumns));
}

using Section = std::string (*)(const Group&);

std::string per_group(const std::vector<Group>& groups, Section section) {
  std::string out;
  for (const Group& g : groups) {
    if (!out.empty()) out.append("\n");
    out.append(wrapped_line(one_line(g.pattern))).append(section(g));
  }
  return out.empty() ? "no cases\n" : out;
}

std::string not_measured(const std::vector<Group>& groups) {
  std::string out;
  for (const Group& g : groups) {
    for (const CaseSummary& c : g.cases) {
      if (c.ok()) continue;
      out += wrapped_line(one_line(c.case_name) + ": " + c.reason);
    }
  }
  return out.empty() ? "nothing: every case has numbers\n" : out;
}

}  // namespace

std::string summary_text(const std::vector<Record>& records, const Context& context) {
  const std::vector<Group> groups = group(records, context);
  return title(records) + "\n1 results\n\n" + per_group(groups, results) +
         wrapped_line(closing_line(records)) + "\n2 at the peak\n\n" +
         per_group(groups, peak_tables) + "\n3 DP overhead\n\n" +
         per_group(groups, overhead_tables) + "\n4 timeline\n\n" +
         per_group(groups, snapshot_tables) + "\n5 checks\n\n" + checks_text(records, context) +
         "\n6 not measured\n\n" + not_measured(groups);
}

}  // namespace clipbench::reporters
