#include "comparison/reports.h"
#include "comparison/rows.h"
#include "reporters/text.h"

namespace clipbench::comparison {
namespace {

std::string escaped(const std::string& text) {
  std::string out;
  for (const char c : reporters::one_line(text)) {
    switch (c) {
      case '&':
        out += "&amp;";
        break;
      case '<':
        out += "&lt;";
        break;
      case '>':
        out += "&gt;";
        break;
      case '"':
        out += "&quot;";
        break;
      default:
        out += c;
    }
  }
  return out;
}

std::string attribute(const char* name, const std::string& value) {
  return std::string(" ") + name + "=\"" + escaped(value) + "\"";
}

std::string joined(const std::vector<std::string>& lines) {
  std::string out;
  for (const auto& line : lines) out += (out.empty() ? "" : "; ") + line;
  return out;
}

std::string opening(const std::string& case_name, double seconds) {
  return "  <testcase" + attribute("classname", split_name(case_name).pattern) +
         attribute("name", case_name) + attribute("time", reporters::fixed(seconds, 6)) + ">\n";
}

std::string test_case(const CaseComparison& one, const ReportContext& context) {
  const std::string why = joined(because(one));
  std::string out = opening(one.name, one.time ? one.time->new_ms / 1000 : 0);
  if (context.subject == Subject::runs && is_finding(one, context.gate))
    out += "    <failure" + attribute("message", why) + "/>\n";
  else if (!why.empty())
    out += "    <system-out>" + escaped(why) + "</system-out>\n";
  return out + "  </testcase>\n";
}

std::string missing_case(const std::string& name) {
  return opening(name, 0) + "    <error" + attribute("message", "missing in the new run") +
         "/>\n  </testcase>\n";
}

}  // namespace

std::string junit_comparison(const Comparison& comparison, const ReportContext& context) {
  const std::size_t failures =
      context.subject == Subject::runs ? count_findings(comparison, context.gate) : 0;
  std::string out =
      "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuite" +
      attribute("name", "clipbench compare " + context.base + " " + context.next) +
      attribute("tests", std::to_string(comparison.cases.size() + comparison.missing.size())) +
      attribute("failures", std::to_string(failures)) +
      attribute("errors", std::to_string(comparison.missing.size())) + ">\n";
  for (const CaseComparison& one : comparison.cases) out += test_case(one, context);
  for (const auto& name : comparison.missing) out += missing_case(name);
  return out + "</testsuite>\n";
}

}  // namespace clipbench::comparison
