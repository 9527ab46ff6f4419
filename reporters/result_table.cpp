#include "reporters/result_table.h"

namespace clipbench::reporters {
namespace {

std::string heading_of(const Column& column, bool unicode) {
  const std::string heading = column.heading;
  return !unicode && heading == "±%" ? "+-%" : heading;
}

/// So wide that usual numbers of different groups stand below each other.
std::size_t min_width(const Column& column) {
  if (std::string(column.key) == "method") return 14;
  switch (column.format) {
    case Format::mib:
      return 9;
    case Format::ms:
      return 8;
    case Format::suffix:
      return 7;
    case Format::ratio:
      return 5;
    case Format::percent:
      return 3;
    default:
      return 0;
  }
}

std::vector<std::string> cells_of(const std::vector<Column>& shown, const Row& row) {
  std::vector<std::string> cells;
  for (const Column& column : shown) cells.push_back(formatted(column, row));
  return cells;
}

}  // namespace

TextTable result_table(const Group& group, Place place, const TableOptions& options) {
  const std::vector<Column> shown = columns_for(place);
  std::vector<TextTable::Heading> headings;
  for (const Column& c : shown)
    headings.push_back(
        {heading_of(c, options.unicode), c.is_text(), options.compact ? 0 : min_width(c)});
  TextTable table(headings);
  for (const CaseSummary& c : group.cases) {
    if (c.ok()) {
      table.add(cells_of(shown, {c, group.vanilla()}));
    } else {
      table.add_spanning(c.method, c.reason);
    }
  }
  return table;
}

}  // namespace clipbench::reporters
