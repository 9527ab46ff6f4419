#include <algorithm>
#include <cmath>
#include <set>

#include "comparison/judge_time.h"
#include "comparison/reports.h"
#include "comparison/rows.h"
#include "reporters/figure_ratios.h"

namespace clipbench::comparison {
namespace {

using reporters::RatioRow;

constexpr std::size_t kMostRows = 60;

RatioRow::Mark mark_of(Verdict verdict) {
  if (verdict == Verdict::regressed || verdict == Verdict::nondeterministic) return RatioRow::worse;
  return verdict == Verdict::improved ? RatioRow::better : RatioRow::plain;
}

RatioRow row_of(const CaseComparison& one, const std::string& label) {
  RatioRow row;
  row.label = label;
  const MemoryJudgement& memory = *one.memory;
  if (memory.base_bytes > 0)
    row.memory = static_cast<double>(memory.new_bytes) / static_cast<double>(memory.base_bytes);
  row.memory_mark = mark_of(memory.verdict);
  if (!one.time) return row;
  row.time = one.time->ratio;
  if (one.time->interval) row.low = one.time->interval->low, row.high = one.time->interval->high;
  row.time_mark = mark_of(one.time->verdict);
  return row;
}

/// Marked rows first, then by how far the ratios are from 1.
bool changed_more(const RatioRow& a, const RatioRow& b) {
  const auto weight = [](const RatioRow& row) {
    const double marked = (row.time_mark != 0) + (row.memory_mark != 0);
    const double time = row.time > 0 ? std::abs(std::log(row.time)) : 0;
    return 100 * marked + time + std::abs(std::log(row.memory));
  };
  return weight(a) > weight(b);
}

std::vector<const CaseComparison*> with_numbers(const Comparison& comparison) {
  std::vector<const CaseComparison*> out;
  for (const CaseComparison& one : comparison.cases)
    if (one.memory) out.push_back(&one);
  return out;
}

}  // namespace

reporters::FigureSource comparison_figure(const std::string& name, const Comparison& comparison,
                                          const ReportContext& context) {
  const auto cases = with_numbers(comparison);
  std::set<std::string> patterns;
  for (const auto* one : cases) patterns.insert(split_name(one->name).pattern);
  std::vector<RatioRow> rows;
  for (const auto* one : cases)
    rows.push_back(row_of(*one, patterns.size() == 1 ? split_name(one->name).method : one->name));
  if (rows.empty()) return {};
  std::string title = context.next + " against " + context.base;
  if (patterns.size() == 1) title += ", " + *patterns.begin();
  if (rows.size() > kMostRows) {
    std::stable_sort(rows.begin(), rows.end(), changed_more);
    title += ", the " + std::to_string(kMostRows) + " of " + std::to_string(rows.size()) +
             " cases that changed most";
    rows.resize(kMostRows);
  }
  return reporters::ratios_figure(name, title, rows, TimeRules().equivalent);
}

}  // namespace clipbench::comparison
