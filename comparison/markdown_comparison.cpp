#include "comparison/reports.h"
#include "comparison/rows.h"
#include "reporters/text.h"

namespace clipbench::comparison {
namespace {

/// Nothing of a record becomes markup, a link or a table's cell.
std::string plain(const std::string& text) {
  std::string out;
  for (const char c : reporters::one_line(text)) {
    if (c == '<')
      out += "&lt;";
    else if (c == '&')
      out += "&amp;";
    else if (std::string("\\`*_{}[]()#!|~@").find(c) != std::string::npos)
      out.append("\\").append(1, c);
    else
      out += c;
  }
  return out;
}

std::string line_of(const std::vector<std::string>& cells) {
  std::string out = "|";
  for (const auto& cell : cells) out += " " + cell + " |";
  return out + "\n";
}

std::string head() {
  std::vector<std::string> texts = {"case"}, rules = {"---"};
  for (const RowHeading& heading : row_headings()) {
    texts.emplace_back(heading.text);
    rules.emplace_back(heading.left ? "---" : "---:");
  }
  return line_of(texts) + line_of(rules);
}

std::string row(const CaseComparison& one, const ReportContext& context) {
  const bool marked = context.subject == Subject::runs && is_finding(one, context.gate);
  std::vector<std::string> cells = {marked ? "**" + plain(one.name) + "**" : plain(one.name)};
  for (const auto& cell : row_cells(one, context.subject)) cells.push_back(plain(cell));
  return line_of(cells);
}

std::string reasons(const Comparison& comparison) {
  std::string out;
  for (const CaseComparison& one : comparison.cases)
    for (const auto& line : because(one)) out += "- " + plain(one.name + ": " + line) + "\n";
  return out.empty() ? "" : "\n" + out;
}

std::string notes(const Comparison& comparison, const ReportContext& context) {
  std::string out;
  for (const auto& name : comparison.missing) out += "- missing: " + plain(name) + "\n";
  for (const auto& text : comparison.notes) out += "- " + plain(text) + "\n";
  const std::string few = attainability_line(comparison, context.alpha);
  if (!few.empty()) out += "- time: " + plain(few) + "\n";
  return out.empty() ? "" : "\n" + out;
}

}  // namespace

std::string markdown_comparison(const Comparison& comparison, const ReportContext& context) {
  std::string out = "### clipbench: " + plain(context.next) + " against " + plain(context.base) +
                    "\n\n" + plain(counts_line(comparison, context.subject)) + "\n\n" + head();
  for (const CaseComparison& one : comparison.cases) out += row(one, context);
  return out + reasons(comparison) + notes(comparison, context);
}

}  // namespace clipbench::comparison
