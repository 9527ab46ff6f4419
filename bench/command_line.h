// What the command lines of this repository's programs have in common.
#pragma once

#include <CLI/CLI.hpp>
#include <algorithm>
#include <optional>
#include <string>
#include <vector>

#include "bench/cases/build_info.h"
#include "bench/cases/case.h"

namespace clipbench::bench {

/// A line a verb: its usage, `columns` wide at least, and its description.
template <class Verbs>
std::string verbs_text(const std::string& without_one, const Verbs& verbs, std::size_t columns) {
  std::string text = "Verbs (none: " + without_one + "):\n";
  for (const auto& verb : verbs) {
    std::string usage = verb.usage;
    usage.resize(std::max(usage.size(), columns), ' ');
    text += "  " + usage + " " + verb.description + "\n";
  }
  return text;
}

/// --help and --version, which leave what is to be printed in `text`, and words that are no flags.
inline void declare_common(CLI::App& app, std::optional<std::string>& text,
                           std::vector<std::string>& words) {
  app.set_help_flag();
  app.add_flag_callback(
      "--help,-h", [&] { text = app.help(); }, "print this and end");
  app.add_flag_callback(
      "--version", [&] { text = version_line() + "\n"; }, "print the version and end");
  app.add_option("words", words)->group("");
}

/// Throws UsageError.
inline void parse(CLI::App& app, std::vector<std::string> argv) {
  std::reverse(argv.begin(), argv.end());  // the parser takes its words from the back
  try {
    app.parse(argv);
  } catch (const CLI::ParseError& error) {
    throw UsageError(error.what());
  }
}

}  // namespace clipbench::bench
