#include "bench/name_filter.h"

#include "bench/methods/catalog.h"

namespace clipbench::bench {
namespace {

std::regex compile(const std::string& expression, const std::string& flag) {
  try {
    return std::regex(expression, std::regex::ECMAScript | std::regex::optimize);
  } catch (const std::regex_error& error) {
    throw UsageError(flag + " '" + expression + "': not a regular expression: " + error.what());
  }
}

std::string without_anchors(std::string text) {
  if (text.starts_with('^')) text.erase(0, 1);
  if (text.ends_with('$')) text.pop_back();
  return text;
}

void add_if_named(const std::string& name, std::vector<Case>& cases) {
  try {
    cases.push_back(parse_case(name));
  } catch (const UsageError&) {  // an ordinary expression
  }
}

}  // namespace

NameFilter::NameFilter(const std::string& expression, const std::string& flag)
    : negated_(expression.starts_with('-')),
      expression_(compile(negated_ ? expression.substr(1) : expression, flag)) {}

bool NameFilter::matches(const std::string& name) const {
  return std::regex_search(name, expression_) != negated_;
}

std::vector<Case> NameFilter::select(const std::vector<Case>& cases) const {
  std::vector<Case> selected;
  for (const auto& one : cases)
    if (matches(one.name())) selected.push_back(one);
  return selected;
}

std::vector<Case> cases_named_by(const std::string& expression) {
  const std::string name = without_anchors(expression);
  std::vector<Case> cases;
  const auto any = name.find("/.*/");
  if (any == std::string::npos) {
    add_if_named(name, cases);
  } else {
    for (const auto& method : all_methods())
      add_if_named(name.substr(0, any + 1) + method.name + name.substr(any + 3), cases);
  }
  return cases;
}

}  // namespace clipbench::bench
