#include "comparison/tolerance.h"

#include <algorithm>
#include <nlohmann/json.hpp>

namespace clipbench::comparison {
namespace {

using nlohmann::json;

constexpr const char* kSchema = "clipbench.tolerance/1";

[[noreturn]] void refuse(const std::string& what) { throw ToleranceError(what); }

std::string text_of(const json& entry, const char* key) {
  const auto found = entry.find(key);
  if (found == entry.end() || !found->is_string() || found->get<std::string>().empty())
    refuse(std::string("\"") + key + "\" must be a text that is not empty");
  return found->get<std::string>();
}

std::int64_t bytes_of(const json& entry, const char* key) {
  const auto found = entry.find(key);
  if (found == entry.end()) return 0;
  if (!found->is_number_integer() || found->get<std::int64_t>() < 0)
    refuse(std::string("\"") + key + "\" must be an integer, 0 or more");
  return found->get<std::int64_t>();
}

void check_keys(const json& object, const std::vector<std::string>& known) {
  if (!object.is_object()) refuse("an object is needed");
  for (const auto& [key, value] : object.items())
    if (std::find(known.begin(), known.end(), key) == known.end())
      refuse("unknown key \"" + key + "\"");
}

Allowance allowance_of(const json& entry) {
  check_keys(entry, {"case", "allocated_bytes", "reserved_bytes", "reason"});
  return {bytes_of(entry, "allocated_bytes"), bytes_of(entry, "reserved_bytes"),
          text_of(entry, "reason")};
}

std::regex expression_of(const std::string& text) {
  try {
    return std::regex(text);
  } catch (const std::regex_error&) {
    refuse("\"" + text + "\" is not a regular expression");
  }
}

const json& entries_of(const json& document) {
  check_keys(document, {"schema", "entries"});
  if (document.value("schema", json()) != kSchema)
    refuse(std::string("\"schema\" must be \"") + kSchema + "\"");
  if (!document.contains("entries") || !document["entries"].is_array())
    refuse("\"entries\" must be a list");
  return document["entries"];
}

}  // namespace

Tolerance Tolerance::parse(const std::string& text, const std::string& origin) {
  Tolerance out;
  std::string place = origin;
  try {
    const json document = json::parse(text, nullptr, /*allow_exceptions=*/false);
    for (const json& entry : entries_of(document)) {
      place = origin + ", entry " + std::to_string(out.entries_.size() + 1);
      const Allowance allowance = allowance_of(entry);
      const std::string expression = text_of(entry, "case");
      out.entries_.push_back({expression, expression_of(expression), allowance});
    }
  } catch (const ToleranceError& error) {
    throw ToleranceError(place + ": " + error.what());
  }
  return out;
}

Allowance Tolerance::of(const std::string& case_name) const {
  for (const Entry& entry : entries_)
    if (std::regex_match(case_name, entry.matcher)) return entry.allowance;
  return {};
}

std::vector<std::string> Tolerance::unused(const std::vector<std::string>& case_names) const {
  std::vector<std::string> out;
  for (const Entry& entry : entries_) {
    const bool used = std::any_of(case_names.begin(), case_names.end(), [&](const auto& name) {
      return std::regex_match(name, entry.matcher);
    });
    if (!used) out.push_back(entry.expression);
  }
  return out;
}

}  // namespace clipbench::comparison
