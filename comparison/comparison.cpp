#include "comparison/comparison.h"

#include <algorithm>
#include <map>

#include "reporters/text.h"

namespace clipbench::comparison {
namespace {

bool fails(Verdict verdict) {
  return verdict == Verdict::regressed || verdict == Verdict::nondeterministic;
}

std::size_t rank(const std::string& method, const std::vector<std::string>& order) {
  if (method == "vanilla") return 0;
  return 1 +
         static_cast<std::size_t>(std::find(order.begin(), order.end(), method) - order.begin());
}

}  // namespace

const char* to_string(Verdict verdict) {
  switch (verdict) {
    case Verdict::same:
      return "same";
    case Verdict::improved:
      return "improved";
    case Verdict::ambiguous:
      return "ambiguous";
    case Verdict::tolerated:
      return "tolerated";
    case Verdict::regressed:
      return "regressed";
    case Verdict::nondeterministic:
      return "nondeterministic";
  }
  return "";
}

const char* to_string(Gate gate) {
  return gate == Gate::memory ? "memory" : gate == Gate::time ? "time" : "both";
}

bool is_finding(const CaseComparison& one, Gate gate) {
  if (fails(one.status)) return true;
  if (gate != Gate::time && one.memory && fails(one.memory->verdict)) return true;
  return gate != Gate::memory && one.time && fails(one.time->verdict);
}

std::size_t count_findings(const Comparison& comparison, Gate gate) {
  return static_cast<std::size_t>(
      std::count_if(comparison.cases.begin(), comparison.cases.end(),
                    [&](const CaseComparison& one) { return is_finding(one, gate); }));
}

NameParts split_name(const std::string& case_name) {
  const std::string name = reporters::one_line(case_name);
  const auto first = name.find('/');
  const auto second = first == std::string::npos ? first : name.find('/', first + 1);
  if (second == std::string::npos) return {name, name};
  return {name.substr(0, first) + "/.*" + name.substr(second),
          name.substr(first + 1, second - first - 1)};
}

void sort_cases(Comparison& comparison, const std::vector<std::string>& method_order) {
  std::map<std::string, std::size_t> groups;
  for (const CaseComparison& one : comparison.cases)
    groups.try_emplace(split_name(one.name).pattern, groups.size());
  const auto place = [&](const CaseComparison& one) {
    const NameParts parts = split_name(one.name);
    return std::pair(groups.at(parts.pattern), rank(parts.method, method_order));
  };
  std::vector<std::pair<std::pair<std::size_t, std::size_t>, CaseComparison>> placed;
  for (CaseComparison& one : comparison.cases) placed.emplace_back(place(one), std::move(one));
  std::stable_sort(placed.begin(), placed.end(),
                   [](const auto& a, const auto& b) { return a.first < b.first; });
  comparison.cases.clear();
  for (auto& [where, one] : placed) comparison.cases.push_back(std::move(one));
}

}  // namespace clipbench::comparison
