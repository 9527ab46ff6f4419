#include "comparison/rows.h"

#include "reporters/text.h"

namespace clipbench::comparison {
namespace {

using reporters::fixed;

std::vector<std::string> memory_cells(const CaseComparison& one, Subject subject) {
  if (!one.memory) return {"-", "-", "-"};
  const MemoryJudgement& memory = *one.memory;
  const std::int64_t growth = memory.growth_bytes();
  return {reporters::mib(memory.new_bytes), growth == 0 ? "0" : reporters::signed_mib(growth),
          memory_word(memory.verdict, subject)};
}

std::vector<std::string> time_cells(const CaseComparison& one, Subject subject) {
  if (!one.time) return {"-", "-", "-", "-", "-"};
  const TimeJudgement& time = *one.time;
  return {fixed(time.new_ms, 2), fixed(time.ratio, 3),
          time.interval ? fixed(time.interval->low, 3) + ".." + fixed(time.interval->high, 3) : "-",
          time.interval ? fixed(time.adjusted_p, 4) : "-", time_word(time.verdict, subject)};
}

}  // namespace

const std::vector<RowHeading>& row_headings() {
  static const std::vector<RowHeading> headings = {
      {"alloc MiB", false}, {"change", false},   {"memory", true}, {"step ms", false},
      {"x", false},         {"interval", false}, {"p", false},     {"time", true}};
  return headings;
}

std::vector<std::string> row_cells(const CaseComparison& one, Subject subject) {
  auto cells = memory_cells(one, subject);
  for (auto& cell : time_cells(one, subject)) cells.push_back(std::move(cell));
  return cells;
}

}  // namespace clipbench::comparison
