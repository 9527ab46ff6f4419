// Numbers as text: whole strings only, no locale, and a shortest spelling that reads back exactly.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

namespace clipbench::bench {

std::optional<std::int64_t> parse_integer(const std::string&);
/// Finite numbers only.
std::optional<double> parse_number(const std::string&);
/// Shortest text that parse_number() reads back to the same value; without a `+`, which regexes
/// would read.
std::string print_number(double);

}  // namespace clipbench::bench
