#include "bench/compare_records.h"

#include <fstream>
#include <functional>
#include <iterator>

#include "bench/exit_code.h"
#include "bench/methods/catalog.h"
#include "bench/name_filter.h"
#include "bench/report_comparison.h"
#include "bench/resolve_run.h"

namespace clipbench::bench {
namespace {

using reporters::Record;

comparison::Tolerance read_tolerance(const std::string& path) {
  if (path.empty()) return {};
  std::ifstream file(path);
  if (!file) throw UsageError("--tolerance " + path + ": cannot be read");
  const std::string text{std::istreambuf_iterator<char>(file), {}};
  try {
    return comparison::Tolerance::parse(text, path);
  } catch (const comparison::ToleranceError& error) {
    throw UsageError(std::string("--tolerance ") + error.what());
  }
}

/// What `compare` says, in the order of methods; NotUsable where it refuses.
comparison::Comparison sorted(const std::function<comparison::Comparison()>& compare) {
  std::vector<std::string> method_order;
  for (const auto& method : all_methods()) method_order.push_back(method.name);
  try {
    comparison::Comparison judged = compare();
    comparison::sort_cases(judged, method_order);
    return judged;
  } catch (const comparison::Incomparable& error) {
    throw NotUsable(error.what());
  }
}

}  // namespace

Chosen choose(const std::string& run, const SelectionOptions& selection) {
  const ResolvedRun resolved = resolve_run(run);
  Chosen chosen{resolved.path.string(), resolved.records()};
  const NameFilter filter(selection.filter, selection.filter_flag);
  std::erase_if(chosen.records,
                [&](const Record& record) { return !filter.matches(record.case_name); });
  return chosen;
}

Chosen choose_base(const std::string& run, const SelectionOptions& selection) {
  Chosen chosen = choose(run, selection);
  if (chosen.records.empty())
    throw UsageError(selection.filter_flag + " '" + selection.filter + "' matches no case of " +
                     chosen.name);
  return chosen;
}

comparison::Rules rules_of(const CompareOptions& options) {
  comparison::Rules rules;
  rules.tolerance = read_tolerance(options.tolerance);
  return rules;
}

comparison::ReportContext context_of(const Options& options, const std::string& base,
                                     const std::string& next) {
  comparison::ReportContext context;
  context.base = base;
  context.next = next;
  context.gate = gate_of(options.comparing);
  return context;
}

comparison::Comparison judge(const Chosen& base, const Chosen& next,
                             const comparison::Rules& rules) {
  return sorted([&] { return comparison::compare(base.records, next.records, rules); });
}

comparison::Comparison judge_methods(const Chosen& run, const std::string& method,
                                     const comparison::Rules& rules) {
  return sorted([&] { return comparison::compare_with_method(run.records, method, rules); });
}

}  // namespace clipbench::bench
