#include "bench/plan.h"

#include <algorithm>
#include <unordered_set>

#include "bench/methods/catalog.h"
#include "bench/name_filter.h"

namespace clipbench::bench {
namespace {

const char* suite_name(const SelectionOptions& selection) {
  return selection.suite.empty() ? "default" : selection.suite.c_str();
}

/// Nothing but perhaps the device narrows what a filter may look at.
bool is_open(const SelectionOptions& selection) {
  const Selection& lists = selection.lists;
  return selection.suite.empty() && lists.models.empty() && lists.methods.empty() &&
         lists.seqs.empty() && lists.batches.empty() && lists.dtypes.empty() && lists.knobs.empty();
}

std::vector<Case> cases_of(const Suite& suite, const SelectionOptions& selection,
                           const std::string& device) {
  std::vector<std::string> devices = selection.lists.devices;
  if (devices.empty()) devices = {device};
  std::vector<Case> cases;
  std::unordered_set<std::string> had;
  for (const auto& one : devices) {
    Selection lists = selection.lists;
    lists.devices = {one};
    for (auto& found : suite.selection(one).overridden_by(lists).product())
      if (had.insert(found.name()).second) cases.push_back(std::move(found));
  }
  return cases;
}

[[noreturn]] void refuse_filter(const SelectionOptions& selection, std::size_t candidates) {
  std::string methods;
  for (const auto& method : all_methods())
    methods += (methods.empty() ? "" : ", ") + std::string(method.name);
  throw UsageError(selection.filter_flag + " '" + selection.filter + "' matches none of " +
                   std::to_string(candidates) + " cases; methods: " + methods +
                   " (clipbench list cases)");
}

std::vector<Case> filtered(const Options& options, const std::string& device) {
  const SelectionOptions& selection = options.selection;
  const NameFilter filter(selection.filter, selection.filter_flag);
  const auto candidates = suite_cases(options, device);
  auto selected = filter.select(candidates);
  if (!selected.empty()) return selected;
  if (!is_open(selection)) refuse_filter(selection, candidates.size());
  selected = cases_named_by(selection.filter);
  if (!selected.empty()) return selected;
  const auto all = cases_of(find_suite("all"), selection, device);
  selected = filter.select(all);
  if (selected.empty()) refuse_filter(selection, all.size());
  return selected;
}

}  // namespace

bool Plan::uses(const std::string& device) const {
  return std::any_of(cases.begin(), cases.end(),
                     [&](const Case& one) { return one.device == device; });
}

std::vector<Case> suite_cases(const Options& options, const std::string& device) {
  return cases_of(find_suite(suite_name(options.selection)), options.selection, device);
}

Plan make_plan(const Options& options, const std::string& device) {
  Plan plan;
  plan.suite = suite_name(options.selection);
  const Suite& suite = find_suite(plan.suite);
  plan.cases = filtered(options, device);
  plan.repetitions = options.run.repetitions > 0 ? options.run.repetitions : suite.repetitions;
  plan.measuring = options.measuring;
  if (!options.max_seconds_given)
    plan.measuring.max_seconds = std::max(suite.max_seconds, plan.measuring.min_seconds);
  return plan;
}

}  // namespace clipbench::bench
