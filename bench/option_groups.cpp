#include "bench/option_groups.h"

#include <CLI/CLI.hpp>
#include <algorithm>
#include <map>

#include "bench/cases/case.h"
#include "bench/cases/numbers.h"

namespace clipbench::bench {

void add_value(CLI::App& app, const std::string& flag, const std::string& help,
               std::function<void(const std::string&)> take) {
  app.add_option_function<std::string>(flag, take, help)
      ->multi_option_policy(CLI::MultiOptionPolicy::TakeLast);
}

void add_text(CLI::App& app, const std::string& flag, const std::string& help,
              std::string& target) {
  add_value(app, flag, help, [&target](const std::string& text) { target = text; });
}

void add_integer(CLI::App& app, const std::string& flag, const std::string& help,
                 std::int64_t& target, std::int64_t least) {
  add_value(app, flag, help, [=, &target](const std::string& text) {
    const auto value = parse_integer(text);
    if (!value || *value < least)
      throw UsageError(flag + " '" + text + "': an integer, " + std::to_string(least) +
                       " or more, is needed");
    target = *value;
  });
}

void add_number(CLI::App& app, const std::string& flag, const std::string& help, double& target) {
  add_value(app, flag, help, [=, &target](const std::string& text) {
    const auto value = parse_number(text);
    if (!value || *value <= 0)
      throw UsageError(flag + " '" + text + "': a number above 0 is needed");
    target = *value;
  });
}

void add_choice(CLI::App& app, const std::string& flag, const std::string& help,
                std::string& target, const std::vector<std::string>& possible) {
  add_value(app, flag, help, [=, &target](const std::string& text) {
    if (std::find(possible.begin(), possible.end(), text) == possible.end())
      throw UsageError(unknown_name(flag + " value", text, possible));
    target = text;
  });
}

void add_switch(CLI::App& app, const std::string& flag, const std::string& help, bool& target) {
  app.add_flag(flag, target, help);
}

std::vector<std::string> split_list(const std::string& text, char separator) {
  std::vector<std::string> parts;
  std::string part;
  for (const char c : text + separator) {
    if (c != separator) {
      part += c;
    } else if (!part.empty()) {
      parts.push_back(part);
      part.clear();
    }
  }
  return parts;
}

double parse_seconds(const std::string& flag, const std::string& text) {
  static const std::map<char, double> units = {{'s', 1}, {'m', 60}, {'h', 3600}};
  std::string digits = text;
  double unit = 1;
  if (const auto found = text.empty() ? units.end() : units.find(text.back()); found != units.end())
    unit = found->second, digits.pop_back();
  const auto value = parse_number(digits);
  if (!value || *value < 0)
    throw UsageError(flag + " '" + text + "': seconds are needed, such as 30, 30s or 2m");
  return *value * unit;
}

}  // namespace clipbench::bench
