#include "reporters/case_summary.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <cmath>

#include "reporters/text.h"

namespace clipbench::reporters {
namespace {

/// The account's order, as in figures from the bottom up. Unknown components follow by name.
constexpr std::array kComponentOrder = {"parameters",
                                        "optimizer_state",
                                        "gradients",
                                        "activations",
                                        "activation_gradients",
                                        "logits_and_loss",
                                        "dp_saved",
                                        "gram",
                                        "per_sample_gradients",
                                        "norms",
                                        "noise",
                                        "batch",
                                        "workspace",
                                        "communication",
                                        "temporary",
                                        "rounding"};

double median(std::vector<double> values) {
  if (values.empty()) return std::nan("");
  std::sort(values.begin(), values.end());
  const std::size_t middle = values.size() / 2;
  return values.size() % 2 ? values[middle] : (values[middle - 1] + values[middle]) / 2;
}

Spread spread_of(const std::vector<const Record*>& records) {
  if (records.size() == 1) {
    const StepTime& t = records[0]->time.step_ms;
    return {t.median, t.ci95.first, t.ci95.second};
  }
  std::vector<double> medians;
  for (const Record* r : records) {
    if (std::isfinite(r->time.step_ms.median)) medians.push_back(r->time.step_ms.median);
  }
  if (medians.empty()) return {};
  const auto [low, high] = std::minmax_element(medians.begin(), medians.end());
  return {median(medians), *low, *high};
}

void note_failures(CaseSummary& summary) {
  std::size_t failed = 0;
  for (const Record* r : summary.records) {
    if (r->status == Status::ok) continue;
    if (failed++ == 0) {
      summary.status = r->status;
      summary.reason = describe_status(*r);
    }
  }
  if (failed > 0 && summary.records.size() > 1) {
    summary.reason += " (" + std::to_string(failed) + " of " +
                      std::to_string(summary.records.size()) + " processes)";
  }
}

/// `model/method/rest` → `model/.*/rest`
std::string pattern_of(const std::string& case_name) {
  const std::size_t first = case_name.find('/');
  if (first == std::string::npos) return case_name;
  const std::size_t second = std::min(case_name.find('/', first + 1), case_name.size());
  return case_name.substr(0, first) + "/.*" + case_name.substr(second);
}

std::size_t rank(const std::string& method, const Context& context) {
  if (method == "vanilla") return 0;
  const auto& order = context.method_order;
  return 1 +
         static_cast<std::size_t>(std::find(order.begin(), order.end(), method) - order.begin());
}

bool starts_with_ignoring_case(const std::string& text, const std::string& start) {
  return text.size() >= start.size() &&
         std::equal(start.begin(), start.end(), text.begin(), [](char a, char b) {
           return std::tolower(static_cast<unsigned char>(a)) ==
                  std::tolower(static_cast<unsigned char>(b));
         });
}

/// Records of one case, in the order in which cases first appear.
std::vector<std::vector<const Record*>> by_case(const std::vector<Record>& records) {
  std::vector<std::vector<const Record*>> cases;
  for (const Record& r : records) {
    const auto same = std::find_if(cases.begin(), cases.end(),
                                   [&](const auto& c) { return c[0]->case_name == r.case_name; });
    if (same == cases.end()) {
      cases.push_back({&r});
    } else {
      same->push_back(&r);
    }
  }
  return cases;
}

Group& group_of(std::vector<Group>& groups, const std::string& pattern) {
  for (Group& g : groups) {
    if (g.pattern == pattern) return g;
  }
  return groups.emplace_back(Group{pattern, {}});
}

}  // namespace

std::string describe_status(const Record& record) {
  if (record.status == Status::ok) return "";
  const std::string status = record.status == Status::oom ? "OOM" : to_string(record.status);
  const std::string reason = one_line(record.reason.value_or(""));
  if (reason.empty() || starts_with_ignoring_case(reason, status))
    return reason.empty() ? status : reason;
  const bool place = reason.rfind("in ", 0) == 0 || reason.rfind("at ", 0) == 0;
  return status + (place ? " " : ": ") + reason;
}

CaseSummary summarize(const std::vector<const Record*>& repetitions) {
  CaseSummary summary;
  summary.records = repetitions;
  std::stable_sort(summary.records.begin(), summary.records.end(),
                   [](const Record* a, const Record* b) { return a->repetition < b->repetition; });
  summary.case_name = one_line(summary.first().case_name);
  summary.method = one_line(summary.first().config.method);
  note_failures(summary);
  if (!summary.ok()) return summary;
  summary.step_ms = spread_of(summary.records);
  summary.peak_allocated_bytes = summary.first().memory.peak_allocated_bytes;
  for (const Record* r : summary.records) {
    const std::int64_t peak = r->memory.peak_allocated_bytes;
    summary.peaks_identical &= peak == summary.first().memory.peak_allocated_bytes;
    summary.peak_allocated_bytes = std::max(summary.peak_allocated_bytes, peak);
  }
  return summary;
}

const CaseSummary* Group::vanilla() const {
  const bool first = !cases.empty() && cases[0].method == "vanilla" && cases[0].ok();
  return first ? &cases[0] : nullptr;
}

std::vector<Group> group(const std::vector<Record>& records, const Context& context) {
  std::vector<Group> groups;
  for (const auto& repetitions : by_case(records)) {
    group_of(groups, pattern_of(one_line(repetitions[0]->case_name)))
        .cases.push_back(summarize(repetitions));
  }
  for (Group& g : groups) {
    std::stable_sort(g.cases.begin(), g.cases.end(),
                     [&](const CaseSummary& a, const CaseSummary& b) {
                       return rank(a.method, context) < rank(b.method, context);
                     });
  }
  return groups;
}

std::int64_t bytes_at_peak(const Record& record, const std::string& component) {
  const auto found = record.memory.components_at_peak.find(component);
  return found == record.memory.components_at_peak.end() ? 0 : found->second;
}

std::vector<std::string> components_in(const std::vector<CaseSummary>& cases) {
  std::map<std::string, bool> present;
  for (const CaseSummary& c : cases) {
    if (!c.ok()) continue;
    for (const auto& [name, bytes] : c.first().memory.components_at_peak)
      present[name] |= bytes != 0;
  }
  std::vector<std::string> out;
  for (const char* name : kComponentOrder) {
    const auto found = present.find(name);
    if (found == present.end()) continue;
    if (found->second) out.push_back(name);
    present.erase(found);
  }
  for (const auto& [name, any] : present) {
    if (any) out.push_back(name);
  }
  return out;
}

}  // namespace clipbench::reporters
