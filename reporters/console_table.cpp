#include "reporters/console_table.h"

#include "reporters/result_table.h"
#include "reporters/tally.h"

namespace clipbench::reporters {
namespace {

constexpr const char* kBold = "\033[1m";
constexpr const char* kRed = "\033[31m";
constexpr const char* kDim = "\033[2m";
constexpr const char* kPlain = "\033[0m";

std::string painted(const std::string& text, const char* color, bool use_color) {
  return use_color ? color + text + kPlain : text;
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
  std::string out;
  for (const Group& g : groups) {
    out += painted(g.pattern, kBold, options.color) + "\n";
    const auto lines = result_table(g, kConsole, {.unicode = options.unicode}).lines();
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
