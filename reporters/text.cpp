#include "reporters/text.h"

#include <array>
#include <charconv>
#include <cmath>
#include <cstdlib>

namespace clipbench::reporters {
namespace {

constexpr double kMiB = 1 << 20;

template <class... Args>
std::string chars(double value, Args... args) {
  std::array<char, 400> buffer;
  const auto end = std::to_chars(buffer.data(), buffer.data() + buffer.size(), value, args...).ptr;
  return {buffer.data(), end};
}

bool is_control(char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; }

std::string doubled_quotes(const std::string& text) {
  std::string out = "\"";
  for (const char c : text) out.append(c == '"' ? 2 : 1, c);
  return out + "\"";
}

std::string tex_character(char c) {
  switch (c) {
    case '\\':
      return "\\textbackslash{}";
    case '~':
      return "\\textasciitilde{}";
    case '^':
      return "\\textasciicircum{}";
    case '<':
      return "\\textless{}";
    case '>':
      return "\\textgreater{}";
    case '|':
      return "\\textbar{}";
    case '"':
      return "\\textquotedbl{}";
    default:
      break;
  }
  const bool special = std::string("_&%$#{}").find(c) != std::string::npos;
  return special ? std::string{'\\', c} : std::string(1, c);
}

}  // namespace

std::string fixed(double value, int digits) {
  if (!std::isfinite(value)) return "-";
  return chars(value, std::chars_format::fixed, digits);
}

std::string scientific(double value) {
  if (!std::isfinite(value)) return "-";
  return value == 0 ? "0" : chars(value, std::chars_format::scientific, 1);
}

std::string shortest(double value) { return std::isfinite(value) ? chars(value) : ""; }

std::string mib(std::int64_t bytes) { return fixed(static_cast<double>(bytes) / kMiB, 1); }

std::string signed_mib(std::int64_t bytes) {
  const double value = static_cast<double>(bytes) / kMiB;
  std::string out(bytes >= 0 ? 1 : 0, '+');
  // Too little for a decimal of a MiB, but not nothing.
  if (bytes != 0 && std::abs(value) < 0.05) return out.append(std::to_string(bytes)).append(" B");
  return out += fixed(value, std::abs(value) < 1000 ? 1 : 0);
}

std::string with_suffix(double value) {
  if (!std::isfinite(value)) return "-";
  for (const auto& [scale, suffix] : {std::pair{1e9, "G"}, {1e6, "M"}, {1e3, "k"}}) {
    if (value >= scale) return fixed(value / scale, value < 10 * scale ? 2 : 1) + suffix;
  }
  return fixed(value, value < 100 ? 1 : 0);
}

std::string grouped(std::int64_t value) {
  std::string out = std::to_string(value);
  const int first = value < 0 ? 1 : 0;
  for (int i = static_cast<int>(out.size()) - 3; i > first; i -= 3)
    out.insert(out.begin() + i, ',');
  return out;
}

std::size_t columns_of(const std::string& text) {
  std::size_t columns = 0;
  for (const char c : text) columns += (static_cast<unsigned char>(c) & 0xC0) != 0x80;
  return columns;
}

std::string pad_left(const std::string& text, std::size_t columns) {
  const std::size_t have = columns_of(text);
  return std::string(have < columns ? columns - have : 0, ' ') + text;
}

std::string pad_right(const std::string& text, std::size_t columns) {
  const std::size_t have = columns_of(text);
  return text + std::string(have < columns ? columns - have : 0, ' ');
}

std::string one_line(const std::string& text) {
  std::string out = text;
  for (char& c : out) c = is_control(c) ? ' ' : c;
  return out;
}

std::string csv_field(const std::string& text) {
  std::string line = one_line(text);
  // Spreadsheets run a field that starts so; a leading quote keeps it text.
  if (!line.empty() && std::string("=+-@").find(line[0]) != std::string::npos)
    line.insert(line.begin(), '\'');
  return line.find_first_of(",\"") == std::string::npos ? line : doubled_quotes(line);
}

std::string tsv_field(const std::string& text) { return one_line(text); }

std::string tex_text(const std::string& text) {
  std::string out;
  for (const char c : one_line(text)) out += tex_character(c);
  return out;
}

std::string gnuplot_field(const std::string& text) {
  std::string line = one_line(text);
  for (char& c : line) c = c == '"' ? '\'' : c;
  // Backslashes are escapes to gnuplot even in data.
  for (char& c : line) c = c == '\\' ? '/' : c;
  return "\"" + line + "\"";
}

}  // namespace clipbench::reporters
