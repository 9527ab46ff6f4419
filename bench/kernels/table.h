// Rows that other programs read: tab-separated, a line of columns first. Pure.
#pragma once

#include <string>
#include <vector>

namespace clipbench::bench {

class Table {
 public:
  explicit Table(std::vector<std::string> columns) : columns_(std::move(columns)) {}
  /// Throws UsageError with `origin` in front where the text is no table or lacks one of
  /// `columns`.
  static Table parse(const std::string& text, const std::vector<std::string>& columns,
                     const std::string& origin);

  /// As many cells as there are columns; a cell that is not known is empty.
  void add(std::vector<std::string> cells);
  std::size_t size() const { return rows_.size(); }
  const std::string& cell(std::size_t row, const std::string& column) const;
  /// Throws UsageError where the cell is no number.
  double number(std::size_t row, const std::string& column) const;
  std::string text() const;

 private:
  std::vector<std::string> columns_;
  std::vector<std::vector<std::string>> rows_;
  std::string origin_;
};

/// Six significant digits; empty for what is not finite.
std::string digits(double value);

/// "stored + norm" → "stored_norm": lower case, runs of anything but [a-z0-9.] become one _.
std::string slug(const std::string& text);

}  // namespace clipbench::bench
