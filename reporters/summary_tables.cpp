#include "reporters/summary_tables.h"

#include <algorithm>

#include "reporters/text.h"
#include "reporters/text_table.h"

namespace clipbench::reporters {
namespace {

constexpr std::size_t kCellWidth = 9;

using Cases = std::vector<const CaseSummary*>;

/// One row of a table over methods: its name and a cell a case.
struct MethodRow {
  std::string name;
  std::vector<std::string> cells;
};

Cases cases_with_numbers(const Group& group) {
  Cases out;
  for (const CaseSummary& c : group.cases) {
    if (c.ok()) out.push_back(&c);
  }
  return out;
}

std::size_t cell_width(const Cases& cases, const std::vector<MethodRow>& rows, std::size_t column) {
  std::size_t width = std::max(kCellWidth, columns_of(cases[column]->method));
  for (const MethodRow& row : rows) width = std::max(width, columns_of(row.cells[column]));
  return width;
}

/// How many columns from `begin` on fit beside the names.
std::size_t fitting(const Cases& cases, const std::vector<MethodRow>& rows, std::size_t begin,
                    std::size_t name_width) {
  std::size_t used = name_width, end = begin;
  while (end < cases.size()) {
    used += 1 + cell_width(cases, rows, end);
    if (used > kSummaryColumns && end > begin) break;
    ++end;
  }
  return end;
}

/// `rules`: how many rows at the end stand below a rule.
std::string block(const Cases& cases, const std::string& heading,
                  const std::vector<MethodRow>& rows, std::size_t begin, std::size_t end,
                  std::size_t rules) {
  std::vector<TextTable::Heading> headings = {{heading, true, 20}};
  for (std::size_t i = begin; i < end; ++i)
    headings.push_back({cases[i]->method, false, kCellWidth});
  TextTable table(headings);
  for (std::size_t r = 0; r < rows.size(); ++r) {
    if (rules > 0 && r == rows.size() - rules) table.add_rule();
    std::vector<std::string> cells = {rows[r].name};
    for (std::size_t i = begin; i < end; ++i) cells.push_back(rows[r].cells[i]);
    table.add(std::move(cells));
  }
  std::string out;
  for (const std::string& line : table.lines()) out += line + "\n";
  return out;
}

std::string method_tables(const Cases& cases, const std::string& heading,
                          const std::vector<MethodRow>& rows, std::size_t rules = 0) {
  std::size_t name_width = 20;
  for (const MethodRow& row : rows) name_width = std::max(name_width, columns_of(row.name));
  std::string out;
  for (std::size_t begin = 0; begin < cases.size();) {
    const std::size_t end = fitting(cases, rows, begin, name_width);
    if (begin > 0) out.append("\n");
    out.append(block(cases, heading, rows, begin, end, rules));
    begin = end;
  }
  return out;
}

template <class Get>
MethodRow row_of(const std::string& name, const Cases& cases, Get cell) {
  MethodRow row{name, {}};
  for (const CaseSummary* c : cases) row.cells.push_back(cell(c->first()));
  return row;
}

std::string both_units(std::int64_t bytes) {
  return mib(bytes) + " " + pad_left(grouped(bytes), 15);
}

std::string change_text(std::int64_t bytes) { return bytes == 0 ? "0" : signed_mib(bytes); }

std::int64_t sum_at_peak(const Record& r) {
  std::int64_t sum = 0;
  for (const auto& [component, bytes] : r.memory.components_at_peak) sum += bytes;
  return sum;
}

std::string reserved_text(const std::optional<std::int64_t>& bytes) {
  return bytes ? mib(*bytes) : "-";
}

std::string snapshot_cell(const Record& r, const std::string& name) {
  for (const Snapshot& s : r.snapshots) {
    if (s.name == name) return mib(s.allocated_bytes) + " / " + reserved_text(s.reserved_bytes);
  }
  return "-";
}

/// All names of snapshots, in the order of the case that has most of them.
std::vector<std::string> snapshot_names(const Cases& cases) {
  const auto most = std::max_element(cases.begin(), cases.end(), [](const auto* a, const auto* b) {
    return a->first().snapshots.size() < b->first().snapshots.size();
  });
  std::vector<std::string> names;
  for (const Snapshot& s : (*most)->first().snapshots) names.push_back(s.name);
  return names;
}

}  // namespace

std::string peak_tables(const Group& group) {
  const Cases cases = cases_with_numbers(group);
  if (cases.empty()) return "no case has numbers\n";
  std::vector<MethodRow> rows;
  for (const std::string& component : components_in(group.cases)) {
    rows.push_back(row_of(component, cases, [&](const Record& r) {
      return both_units(bytes_at_peak(r, component));
    }));
  }
  rows.push_back(row_of("sum", cases, [](const Record& r) { return both_units(sum_at_peak(r)); }));
  rows.push_back(row_of("allocator", cases,
                        [](const Record& r) { return both_units(r.memory.peak_allocated_bytes); }));
  rows.push_back(row_of("residual", cases,
                        [](const Record& r) { return both_units(r.memory.residual_bytes); }));
  return method_tables(cases, "MiB, bytes", rows, 3);
}

std::string overhead_tables(const Group& group) {
  const CaseSummary* vanilla = group.vanilla();
  Cases cases = cases_with_numbers(group);
  if (vanilla) cases.erase(cases.begin());
  if (!vanilla || cases.empty())
    return "nothing to compare: needs vanilla and a method, both with numbers\n";
  const auto added = [&](const Record& r, const std::string& component) {
    return bytes_at_peak(r, component) - bytes_at_peak(vanilla->first(), component);
  };
  const auto largest = [&](const std::string& component) {
    std::int64_t most = 0;
    for (const CaseSummary* c : cases)
      most = std::max(most, std::abs(added(c->first(), component)));
    return most;
  };
  std::vector<std::string> components = components_in(group.cases);
  std::stable_sort(components.begin(), components.end(),
                   [&](const auto& a, const auto& b) { return largest(a) > largest(b); });
  std::vector<MethodRow> rows;
  for (const std::string& component : components) {
    if (largest(component) == 0) continue;
    rows.push_back(row_of(component, cases,
                          [&](const Record& r) { return change_text(added(r, component)); }));
  }
  rows.push_back(row_of("total", cases, [&](const Record& r) {
    return change_text(r.memory.peak_allocated_bytes - vanilla->peak_allocated_bytes);
  }));
  return method_tables(cases, "MiB against vanilla", rows, 1);
}

std::string snapshot_tables(const Group& group) {
  const Cases cases = cases_with_numbers(group);
  if (cases.empty()) return "no case has numbers\n";
  std::vector<MethodRow> rows;
  for (const std::string& name : snapshot_names(cases)) {
    rows.push_back(
        row_of(one_line(name), cases, [&](const Record& r) { return snapshot_cell(r, name); }));
  }
  return method_tables(cases, "MiB, alloc / resv", rows);
}

}  // namespace clipbench::reporters
