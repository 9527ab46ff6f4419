#include <map>

#include "comparison/reports.h"
#include "comparison/rows.h"
#include "reporters/text.h"
#include "reporters/text_table.h"

namespace clipbench::comparison {
namespace {

using reporters::TextTable;
using Cases = std::vector<const CaseComparison*>;

constexpr std::size_t kWidth = 100;
constexpr const char* kBold = "\033[1m";
constexpr const char* kDim = "\033[2m";
constexpr const char* kPlain = "\033[0m";

std::string painted(const std::string& text, const char* color, bool use_color) {
  return use_color ? color + text + kPlain : text;
}

/// In the order in which groups first appear.
std::vector<std::pair<std::string, Cases>> grouped(const Comparison& comparison) {
  std::vector<std::pair<std::string, Cases>> groups;
  std::map<std::string, std::size_t> index;
  for (const CaseComparison& one : comparison.cases) {
    const std::string pattern = split_name(one.name).pattern;
    const auto [found, is_new] = index.try_emplace(pattern, groups.size());
    if (is_new) groups.push_back({pattern, {}});
    groups[found->second].second.push_back(&one);
  }
  return groups;
}

std::size_t longest_method(const Comparison& comparison) {
  std::size_t longest = 10;
  for (const CaseComparison& one : comparison.cases)
    longest = std::max(longest, reporters::columns_of(split_name(one.name).method));
  return longest;
}

TextTable empty_table(std::size_t method_width) {
  std::vector<TextTable::Heading> headings = {{"method", true, method_width}};
  for (const RowHeading& heading : row_headings()) {
    const bool is_word = heading.left;
    headings.push_back({heading.text, is_word, is_word ? std::size_t{9} : std::size_t{7}});
  }
  return TextTable(headings);
}

void add_row(const CaseComparison& one, Subject subject, TextTable& table) {
  std::vector<std::string> cells = {split_name(one.name).method};
  if (!one.memory) {
    table.add_spanning(cells[0], to_string(one.status) + (": " + status_because(one)));
    return;
  }
  for (auto& cell : row_cells(one, subject)) cells.push_back(std::move(cell));
  table.add(cells);
  for (const auto& line : because(one)) table.add_spanning("  because", line);
}

std::string table_text(const Cases& cases, const ReportContext& context, std::size_t method_width,
                       bool color) {
  std::string out;
  TextTable table = empty_table(method_width);
  for (const CaseComparison* one : cases) add_row(*one, context.subject, table);
  std::size_t number = 0;
  for (const auto& line : table.lines(kWidth))
    out += painted(line, kDim, color && number++ < 2) + "\n";
  return out;
}

}  // namespace

std::string console_comparison(const Comparison& comparison, const ReportContext& context,
                               const reporters::ConsoleOptions& options) {
  std::string out;
  const std::size_t width = longest_method(comparison);
  for (const auto& [pattern, cases] : grouped(comparison)) {
    out += painted(pattern, kBold, options.color) + "\n";
    out += table_text(cases, context, width, options.color);
  }
  return out;
}

}  // namespace clipbench::comparison
