#include "bench/cases/numbers.h"

#include <algorithm>
#include <charconv>
#include <cmath>

namespace clipbench::bench {
namespace {

template <class Value>
std::optional<Value> parse(const std::string& text) {
  Value value{};
  const char* end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data(), end, value);
  if (error != std::errc() || stop != end) return std::nullopt;
  return value;
}

}  // namespace

std::optional<std::int64_t> parse_integer(const std::string& text) {
  return parse<std::int64_t>(text);
}

std::optional<double> parse_number(const std::string& text) {
  const auto value = parse<double>(text);
  return value && std::isfinite(*value) ? value : std::nullopt;
}

std::string print_number(double value) {
  char buffer[64];
  const auto result = std::to_chars(buffer, buffer + sizeof(buffer), value);
  std::string text(buffer, result.ptr);
  text.erase(std::remove(text.begin(), text.end(), '+'), text.end());
  return text;
}

}  // namespace clipbench::bench
