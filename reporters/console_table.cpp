#include "reporters/console_table.h"

#include <algorithm>

#include "reporters/result_table.h"
#include "reporters/tally.h"
#include "reporters/text.h"

namespace clipbench::reporters {
namespace {

constexpr const char* kBold = "\033[1m";
constexpr const char* kRed = "\033[31m";
constexpr const char* kDim = "\033[2m";
constexpr const char* kPlain = "\033[0m";

std::string painted(const std::string& text, const char* color, bool use_color) {
  return use_color ? color + text + kPlain : text;
}

constexpr std::size_t kComfortable = 100;

/// Columns of all groups stand below each other unless that makes a headed table too wide for a
/// terminal.
bool too_wide(const std::vector<Group>& groups) {
  return std::any_of(groups.begin(), groups.end(), [](const Group& g) {
    return columns_of(result_table(g, kConsole, {}).lines().at(1)) > kComfortable;
  });
}

/// Line 0 is the headings, 1 the rule, then a line a case.
const char* color_of(const Group& group, std::size_t line) {
  if (line < 2) return kDim;
  const CaseSummary& c = group.cases[line - 2];
  const bool result = c.status == Status::oom || c.status == Status::unsupported;
  return c.ok() || result ? nullptr : kRed;
}

}  // namespace

std::string console_table(const std::vector<Record>& records, const Context& context,
                          const ConsoleOptions& options) {
  const std::vector<Group> groups = group(records, context);
  const TableOptions table = {.unicode = options.unicode, .compact = too_wide(groups)};
  std::string out;
  for (const Group& g : groups) {
    out += painted(g.pattern, kBold, options.color) + "\n";
    const auto lines = result_table(g, kConsole, table).lines();
    for (std::size_t i = 0; i < lines.size(); ++i) {
      const char* color = color_of(g, i);
      out += painted(lines[i], color ? color : "", options.color && color) + "\n";
    }
  }
  return out;
}

std::string closing_line(const std::vector<Record>& records) {
  const Tally t = tally(records);
  if (t.total == 0) return "0 cases";
  std::string out =
      std::to_string(t.total) + (t.total == 1 ? " case: " : " cases: ") + statuses_text(t);
  if (t.with_numbers == 0) return out;
  return out + ", " + verification_text(t) + ", " + residual_text(t);
}

}  // namespace clipbench::reporters
