// The command line by topic. Each function declares its options on the parser; values land in
// `Options`.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "bench/options.h"

namespace CLI {
class App;
}

namespace clipbench::bench {

void add_selection_options(CLI::App&, Options&);
void add_measuring_options(CLI::App&, Options&);
void add_run_options(CLI::App&, Options&);
void add_comparing_options(CLI::App&, Options&);
void add_google_benchmark_flags(CLI::App&, Options&);

/// One option with a value; `take` throws UsageError for an impossible one. The last one given
/// wins.
void add_value(CLI::App&, const std::string& flag, const std::string& help,
               std::function<void(const std::string&)> take);
void add_text(CLI::App&, const std::string& flag, const std::string& help, std::string& target);
void add_integer(CLI::App&, const std::string& flag, const std::string& help, std::int64_t& target,
                 std::int64_t least);
void add_number(CLI::App&, const std::string& flag, const std::string& help, double& target);
void add_choice(CLI::App&, const std::string& flag, const std::string& help, std::string& target,
                const std::vector<std::string>& possible);
/// A switch; `--flag=false` turns it off again.
void add_switch(CLI::App&, const std::string& flag, const std::string& help, bool& target);

std::vector<std::string> split_list(const std::string& text, char separator = ',');
/// "30" or "30s" → 30; "2m", "1h" likewise. Throws UsageError naming the flag.
double parse_seconds(const std::string& flag, const std::string& text);

}  // namespace clipbench::bench
