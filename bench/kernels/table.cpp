#include "bench/kernels/table.h"

#include <algorithm>
#include <cctype>
#include <cmath>
#include <cstdio>
#include <stdexcept>

#include "bench/cases/case.h"
#include "bench/cases/numbers.h"
#include "bench/cases/split.h"
#include "reporters/text.h"

namespace clipbench::bench {
namespace {

std::string joined(const std::vector<std::string>& cells) {
  std::string line;
  for (const auto& cell : cells) {
    line += (&cell == &cells.front() ? "" : "\t") + reporters::tsv_field(cell);
  }
  return line + "\n";
}

}  // namespace

Table Table::parse(const std::string& text, const std::vector<std::string>& columns,
                   const std::string& origin) {
  auto lines = split(text, '\n');
  Table table(split(lines.front(), '\t'));
  table.origin_ = origin;
  for (const auto& column : columns) {
    if (std::find(table.columns_.begin(), table.columns_.end(), column) == table.columns_.end())
      throw UsageError(origin + ": no column " + column);
  }
  for (std::size_t i = 1; i < lines.size(); ++i) {
    if (lines[i].empty()) continue;
    auto cells = split(lines[i], '\t');
    if (cells.size() != table.columns_.size())
      throw UsageError(origin + ": line " + std::to_string(i + 1) + " has " +
                       std::to_string(cells.size()) + " cells, " +
                       std::to_string(table.columns_.size()) + " are needed");
    table.add(std::move(cells));
  }
  return table;
}

void Table::add(std::vector<std::string> cells) {
  if (cells.size() != columns_.size()) throw std::logic_error("a row of another table");
  rows_.push_back(std::move(cells));
}

const std::string& Table::cell(std::size_t row, const std::string& column) const {
  const auto found = std::find(columns_.begin(), columns_.end(), column);
  if (found == columns_.end()) throw std::logic_error("no column " + column);
  return rows_[row][static_cast<std::size_t>(found - columns_.begin())];
}

double Table::number(std::size_t row, const std::string& column) const {
  const auto& text = cell(row, column);
  const auto value = parse_number(text);
  if (!value)
    throw UsageError(origin_ + ": " + column + " of row " + std::to_string(row + 1) + ": '" +
                     reporters::one_line(text) + "' is no number");
  return *value;
}

std::string Table::text() const {
  std::string out = joined(columns_);
  for (const auto& row : rows_) out += joined(row);
  return out;
}

std::string digits(double value) {
  if (!std::isfinite(value)) return "";
  char text[32];
  std::snprintf(text, sizeof text, "%.6g", value);
  return text;
}

std::string slug(const std::string& text) {
  std::string out;
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    const bool kept = byte < 0x80 && (std::isalnum(byte) || c == '.');
    if (kept) {
      out += static_cast<char>(std::tolower(byte));
    } else if (!out.empty() && out.back() != '_') {
      out += '_';
    }
  }
  if (!out.empty() && out.back() == '_') out.pop_back();
  return out;
}

}  // namespace clipbench::bench
