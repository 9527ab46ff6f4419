#include "reporters/latex.h"

#include "reporters/columns.h"
#include "reporters/text.h"

namespace clipbench::reporters {
namespace {

std::string tex_heading(const Column& column) {
  const std::string heading = column.heading;
  if (heading == "x") return "$\\times$";
  if (heading == "±%") return "$\\pm$\\%";
  return tex_text(heading);
}

std::string joined(const std::vector<std::string>& cells) {
  std::string out = "  ";
  for (const std::string& cell : cells) out += (&cell == &cells.front() ? "" : " & ") + cell;
  return out + " \\\\\n";
}

std::string alignment(const std::vector<Column>& shown) {
  std::string out;
  for (const Column& c : shown) out += c.is_text() ? 'l' : 'r';
  return out;
}

std::string tex_row(const std::vector<Column>& shown, const Row& row) {
  if (!row.item.ok()) {
    const std::string span = std::to_string(shown.size() - 1);
    return joined({tex_text(row.item.method),
                   "\\multicolumn{" + span + "}{l}{" + tex_text(to_string(row.item.status)) + "}"});
  }
  std::vector<std::string> cells;
  for (const Column& c : shown) {
    const std::string text = formatted(c, row);
    cells.push_back(text == "-" ? "--" : tex_text(text));
  }
  return joined(cells);
}

std::string tex_table(const Group& group, const std::vector<Column>& shown) {
  std::vector<std::string> headings;
  for (const Column& c : shown) headings.push_back(tex_heading(c));
  std::string out =
      "% " + one_line(group.pattern) + "\n\\begin{tabular}{" + alignment(shown) + "}\n";
  out += "  \\toprule\n" + joined(headings) + "  \\midrule\n";
  for (const CaseSummary& c : group.cases) out += tex_row(shown, {c, group.vanilla()});
  return out + "  \\bottomrule\n\\end{tabular}\n";
}

/// Case names as macro keys: what TeX would act on, even inside \detokenize, becomes a hyphen.
std::string macro_key(const std::string& name) {
  std::string out = one_line(name);
  for (char& c : out) {
    if (std::string("\\{}%#~^$& ").find(c) != std::string::npos) c = '-';
  }
  return out;
}

constexpr const char* kMacroPreamble =
    "% \\clipbench{CASE}{KEY} is a number of this run; KEY as in the headings of table.csv.\n"
    "\\providecommand{\\clipbenchset}[3]{%\n"
    "  \\expandafter\\gdef\\csname clipbench@\\detokenize{#1}@\\detokenize{#2}\\endcsname{#3}}\n"
    "\\providecommand{\\clipbench}[2]{%\n"
    "  \\ifcsname clipbench@\\detokenize{#1}@\\detokenize{#2}\\endcsname\n"
    "    \\csname clipbench@\\detokenize{#1}@\\detokenize{#2}\\endcsname\n"
    "  \\else\n"
    "    \\errmessage{clipbench: no \\detokenize{#2} of \\detokenize{#1}}\\fi}\n";

std::string macros_of(const Row& row) {
  std::string out;
  for (const Column& c : columns()) {
    const std::string text = formatted(c, row);
    if (text == "-" || c.places == 0) continue;
    out += "\\clipbenchset{" + macro_key(row.item.case_name) + "}{" + c.key + "}{" +
           tex_text(text) + "}\n";
  }
  return out;
}

}  // namespace

std::string tables_tex(const std::vector<Record>& records, const Context& context) {
  const auto shown = columns_for(kLatex);
  std::string out = "% Needs \\usepackage{booktabs}. MiB = 2^20 bytes; x: against vanilla.\n";
  for (const Group& g : group(records, context)) out.append("\n").append(tex_table(g, shown));
  return out;
}

std::string macros_tex(const std::vector<Record>& records, const Context& context) {
  std::string out = kMacroPreamble;
  for (const Group& g : group(records, context)) {
    for (const CaseSummary& c : g.cases) out += macros_of({c, g.vanilla()});
  }
  return out;
}

}  // namespace clipbench::reporters
