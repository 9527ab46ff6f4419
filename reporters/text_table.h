// Cells to aligned lines: all tables of terminals and summary.txt.
#pragma once

#include <optional>
#include <string>
#include <vector>

namespace clipbench::reporters {

class TextTable {
 public:
  struct Heading {
    std::string text;
    bool left = false;  ///< else right-aligned
    std::size_t min_width = 0;
  };
  explicit TextTable(std::vector<Heading> headings) : headings_(std::move(headings)) {}

  void add(std::vector<std::string> cells) { rows_.push_back({std::move(cells), {}}); }
  /// A row whose cells after the first are one text across the table.
  void add_spanning(std::string first, std::string text) {
    rows_.push_back({{std::move(first)}, std::move(text)});
  }
  /// A rule between rows.
  void add_rule() { rows_.push_back({}); }

  /// Lines without trailing blanks: headings, a rule, the rows. Spanning texts are wrapped at
  /// `max_width` columns and continue below themselves, longer lines are cut; 0: never.
  std::vector<std::string> lines(std::size_t max_width = 0) const;

 private:
  struct TableRow {
    std::vector<std::string> cells;
    std::optional<std::string> spanning;
  };
  std::vector<std::size_t> widths() const;
  std::string line(const std::vector<std::string>& cells,
                   const std::vector<std::size_t>& widths) const;
  void append_spanning(const TableRow&, std::size_t first_width, std::size_t max_width,
                       std::vector<std::string>& out) const;

  std::vector<Heading> headings_;
  std::vector<TableRow> rows_;
};

/// Words filled into lines of at most `width` columns; a longer word is cut.
std::vector<std::string> wrapped(const std::string& text, std::size_t width);

}  // namespace clipbench::reporters
