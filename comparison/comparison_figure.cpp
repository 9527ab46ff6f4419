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
  if (!one.memory) {
    row.note = one.new_status.empty() ? "ok; BASE had no numbers" : one.new_status;
    row.note = row.note.substr(0, row.note.find_first_of(":;"));
    return row;
  }
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
    const auto distance = [](double ratio) { return ratio > 0 ? std::abs(std::log(ratio)) : 0; };
    const double marked = (row.time_mark != 0) + (row.memory_mark != 0) + !row.note.empty();
    return 100 * marked + distance(row.time) + distance(row.memory);
  };
  return weight(a) > weight(b);
}

bool has_numbers(const Comparison& comparison) {
  return std::any_of(comparison.cases.begin(), comparison.cases.end(),
                     [](const CaseComparison& one) { return one.memory.has_value(); });
}

reporters::MarkWords mark_words(Subject subject) {
  if (subject == Subject::methods) return {"more", "less", "method / named one"};
  return {to_string(Verdict::regressed), to_string(Verdict::improved), "new / base"};
}

}  // namespace

reporters::FigureSource comparison_figure(const std::string& name, const Comparison& comparison,
                                          const ReportContext& context) {
  if (!has_numbers(comparison)) return {};
  std::set<std::string> patterns;
  for (const auto& one : comparison.cases) patterns.insert(split_name(one.name).pattern);
  std::vector<RatioRow> rows;
  for (const auto& one : comparison.cases)
    rows.push_back(row_of(one, patterns.size() == 1 ? split_name(one.name).method : one.name));
  std::string title = context.next + " against " + context.base;
  if (patterns.size() == 1) title += ", " + *patterns.begin();
  if (rows.size() > kMostRows) {
    std::stable_sort(rows.begin(), rows.end(), changed_more);
    title += ", the " + std::to_string(kMostRows) + " of " + std::to_string(rows.size()) +
             " cases that changed most";
    rows.resize(kMostRows);
  }
  return reporters::ratios_figure(name, title, rows, TimeRules().equivalent,
                                  mark_words(context.subject));
}

}  // namespace clipbench::comparison
