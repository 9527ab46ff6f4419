// Runs against baselines, methods against a method, builds against builds.
#include <cstdio>
#include <fstream>
#include <iterator>

#include "bench/exit_code.h"
#include "bench/methods/catalog.h"
#include "bench/name_filter.h"
#include "bench/report_comparison.h"
#include "bench/resolve_run.h"
#include "bench/verbs/verb.h"
#include "comparison/compare.h"

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

/// A run's name for the reader, and its records that the filter selects.
struct Chosen {
  std::string name;
  std::vector<Record> records;
};

Chosen choose(const std::string& run, const SelectionOptions& selection) {
  const ResolvedRun resolved = resolve_run(run);
  Chosen chosen{resolved.path.string(), resolved.records()};
  const NameFilter filter(selection.filter, selection.filter_flag);
  std::erase_if(chosen.records,
                [&](const Record& record) { return !filter.matches(record.case_name); });
  return chosen;
}

/// An expression that selects nothing of the run that decides which cases there are.
void require_cases(const Chosen& chosen, const SelectionOptions& selection) {
  if (!chosen.records.empty()) return;
  throw UsageError(selection.filter_flag + " '" + selection.filter + "' matches no case of " +
                   chosen.name);
}

comparison::ReportContext report_context(const Options& options, const std::string& base,
                                         const std::string& next) {
  comparison::ReportContext context;
  context.base = base;
  context.next = next;
  context.gate = gate_of(options.comparing);
  return context;
}

/// What `compare` says, in the order of methods; NotUsable where it refuses.
template <class Compare>
comparison::Comparison comparable(Compare&& compare) {
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

int compare_runs(const Options& options, const std::string& base_run, const std::string& new_run) {
  comparison::Rules rules;
  rules.tolerance = read_tolerance(options.comparing.tolerance);
  const Chosen base = choose(base_run, options.selection);
  require_cases(base, options.selection);
  const Chosen next = choose(new_run, options.selection);
  const auto context = report_context(options, base.name, next.name);
  std::fprintf(stderr, "compare  %s -> %s\n", base.name.c_str(), next.name.c_str());
  const auto judged =
      comparable([&] { return comparison::compare(base.records, next.records, rules); });
  return report_comparison(judged, context, options);
}

int compare_methods(const Options& options) {
  const std::string& method = options.comparing.versus;
  const std::string run = options.words.empty() ? "latest" : options.words.front();
  if (options.words.size() > 1)
    throw UsageError("--versus " + method + " compares inside one run; \"" + options.words[1] +
                     "\" is one word too many");
  comparison::Rules rules;
  rules.tolerance = read_tolerance(options.comparing.tolerance);
  const Chosen chosen = choose(run, options.selection);
  require_cases(chosen, options.selection);
  auto context = report_context(options, method, chosen.name);
  context.subject = comparison::Subject::methods;
  std::fprintf(stderr, "compare  methods of %s with %s\n", chosen.name.c_str(), method.c_str());
  const auto judged =
      comparable([&] { return comparison::compare_with_method(chosen.records, method, rules); });
  return report_comparison(judged, context, options);
}

}  // namespace

int compare_verb(const Options& options) {
  if (!options.comparing.versus.empty()) return compare_methods(options);
  if (options.words.size() < 2)
    throw UsageError("compare: two runs are needed; usage: clipbench compare BASE NEW [flags]");
  return compare_runs(options, options.words[0], options.words[1]);
}

}  // namespace clipbench::bench
