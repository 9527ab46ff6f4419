#include "reporters/text_table.h"

#include <algorithm>
#include <sstream>

#include "reporters/text.h"

namespace clipbench::reporters {
namespace {

std::string without_trailing_blanks(std::string text) {
  text.erase(text.find_last_not_of(' ') + 1);
  return text;
}

/// The first `columns` columns of UTF-8 text, never half a character.
std::string cut(const std::string& text, std::size_t columns) {
  std::size_t end = 0, seen = 0;
  while (end < text.size()) {
    seen += (static_cast<unsigned char>(text[end]) & 0xC0) != 0x80;
    if (seen > columns) break;
    ++end;
  }
  return text.substr(0, end);
}

}  // namespace

std::vector<std::string> wrapped(const std::string& text, std::size_t width) {
  std::vector<std::string> lines;
  std::istringstream words(text);
  for (std::string word; words >> word;) {
    if (!lines.empty() && columns_of(lines.back()) + 1 + columns_of(word) <= width) {
      lines.back().append(" ").append(word);
      continue;
    }
    while (columns_of(word) > width) {
      lines.push_back(cut(word, width));
      word.erase(0, lines.back().size());
    }
    lines.push_back(word);
  }
  return lines;
}

std::vector<std::size_t> TextTable::widths() const {
  std::vector<std::size_t> out;
  for (const Heading& h : headings_) out.push_back(std::max(h.min_width, columns_of(h.text)));
  for (const TableRow& row : rows_) {
    for (std::size_t i = 0; i < row.cells.size(); ++i) {
      out[i] = std::max(out[i], columns_of(row.cells[i]));
    }
  }
  return out;
}

std::string TextTable::line(const std::vector<std::string>& cells,
                            const std::vector<std::size_t>& widths) const {
  std::string out;
  for (std::size_t i = 0; i < cells.size(); ++i) {
    // Left-aligned after right-aligned would touch: one more blank.
    if (i > 0) out += headings_[i].left && !headings_[i - 1].left ? "  " : " ";
    out += headings_[i].left ? pad_right(cells[i], widths[i]) : pad_left(cells[i], widths[i]);
  }
  return without_trailing_blanks(out);
}

void TextTable::append_spanning(const TableRow& row, std::size_t first_width, std::size_t max_width,
                                std::vector<std::string>& out) const {
  std::string start = pad_right(row.cells[0], first_width) + " ";
  const bool wrap = max_width > start.size() + 20;
  const auto pieces =
      wrap ? wrapped(*row.spanning, max_width - start.size()) : std::vector{*row.spanning};
  for (const std::string& piece : pieces) {
    out.push_back(without_trailing_blanks(start + piece));
    start.assign(start.size(), ' ');
  }
}

std::vector<std::string> TextTable::lines(std::size_t max_width) const {
  const std::vector<std::size_t> width = widths();
  std::vector<std::string> headings, out;
  for (const Heading& h : headings_) headings.push_back(h.text);
  out.push_back(line(headings, width));
  std::size_t longest = columns_of(out[0]);
  for (const TableRow& row : rows_) {
    if (!row.spanning) longest = std::max(longest, columns_of(line(row.cells, width)));
  }
  const std::string rule(longest, '-');
  out.push_back(rule);
  for (const TableRow& row : rows_) {
    if (row.spanning) {
      append_spanning(row, width[0], max_width, out);
    } else {
      out.push_back(row.cells.empty() ? rule : line(row.cells, width));
    }
  }
  if (max_width > 0) {
    for (std::string& text : out) text = cut(text, max_width);
  }
  return out;
}

}  // namespace clipbench::reporters
