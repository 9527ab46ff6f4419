#include "reporters/summary_checks.h"

#include <algorithm>

#include "reporters/case_summary.h"
#include "reporters/summary_tables.h"
#include "reporters/tally.h"
#include "reporters/text.h"
#include "reporters/text_table.h"

namespace clipbench::reporters {
namespace {

std::string check_line(const std::string& name, const std::string& finding) {
  std::string out, start = pad_right(name, 18);
  for (const std::string& piece : wrapped(finding, kSummaryColumns - start.size())) {
    out += start + piece + "\n";
    start.assign(start.size(), ' ');
  }
  return out;
}

std::vector<const Record*> with_numbers(const std::vector<Record>& records) {
  std::vector<const Record*> out;
  for (const Record& r : records) {
    if (r.status == Status::ok) out.push_back(&r);
  }
  return out;
}

using Finding = std::string (*)(const Record&);

/// `all is well`, or the cases for which `finding` has a text, with it.
std::string listed(const std::vector<const Record*>& records, Finding finding,
                   const std::string& well) {
  std::string out;
  for (const Record* r : records) {
    const std::string text = finding(*r);
    if (!text.empty()) out += (out.empty() ? "" : "; ") + one_line(r->case_name) + ": " + text;
  }
  return out.empty() ? well : out;
}

std::string broken_law(const Record& r) {
  std::string out;
  for (const Check& c : r.checks) {
    if (c.holds) continue;
    out += (out.empty() ? "" : ", ") + one_line(c.name) + " expected " +
           std::to_string(c.expected) + ", is " + std::to_string(c.actual);
  }
  return out;
}

std::string unsettled(const Record& r) { return r.time.settled ? "" : "interval still wide"; }

std::string throttling(const Record& r) {
  const auto found = r.environment.clocks.find("throttle_reasons");
  const bool none =
      found == r.environment.clocks.end() || found->second.empty() || found->second == "none";
  return none ? "" : one_line(found->second);
}

std::string other_users(const Record& r) {
  std::int64_t bytes = 0;
  for (const std::int64_t n : r.environment.other_gpu_processes_bytes) bytes += n;
  const std::size_t count = r.environment.other_gpu_processes_bytes.size();
  return count == 0 ? "" : std::to_string(count) + " with " + mib(bytes) + " MiB";
}

/// Law lines that all records have: `holds in all: a_requested_peak, …`
std::string law_names(const std::vector<const Record*>& records) {
  std::vector<std::string> names;
  for (const Record* r : records) {
    for (const Check& c : r->checks) {
      if (std::find(names.begin(), names.end(), c.name) == names.end()) names.push_back(c.name);
    }
  }
  std::string out;
  for (const std::string& name : names) out += (out.empty() ? "" : ", ") + one_line(name);
  return names.empty() ? "not checked" : "holds in all: " + out;
}

std::string peaks(const std::vector<Record>& records, const Context& context) {
  std::string differing;
  int repeated = 0;
  for (const Group& g : group(records, context)) {
    for (const CaseSummary& c : g.cases) {
      if (!c.ok() || c.records.size() < 2) continue;
      ++repeated;
      if (!c.peaks_identical) differing += (differing.empty() ? "" : ", ") + one_line(c.case_name);
    }
  }
  if (repeated == 0) return "one process a case: not compared";
  if (differing.empty())
    return "identical to the byte over the processes of all " + std::to_string(repeated) + " cases";
  return "differ between processes: " + differing;
}

bool on_gpu(const std::vector<const Record*>& records) {
  return std::any_of(records.begin(), records.end(),
                     [](const Record* r) { return r->config.device != "cpu"; });
}

}  // namespace

std::string checks_text(const std::vector<Record>& records, const Context& context) {
  const auto measured = with_numbers(records);
  if (measured.empty()) return "no case has numbers\n";
  const Tally t = tally(records);
  const std::string no_gpu = on_gpu(measured) ? "none seen" : "does not apply: no GPU";
  return check_line("verified", verification_text(t)) +
         check_line("account",
                    listed(measured, broken_law, law_names(measured)) + "; " + residual_text(t)) +
         check_line("peaks", peaks(records, context)) +
         check_line("times", listed(measured, unsettled, "all settled")) +
         check_line("throttling", listed(measured, throttling, no_gpu)) +
         check_line("other GPU users", listed(measured, other_users, no_gpu));
}

}  // namespace clipbench::reporters
