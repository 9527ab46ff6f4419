// Records to JSON and back, by the lists of record_fields.h.
#include <cmath>
#include <nlohmann/json.hpp>

#include "reporters/record_fields.h"
#include "reporters/record_io.h"

namespace clipbench::reporters {
namespace {

using nlohmann::json;

template <class T>
concept HasFields = requires(T& object) {
  fields(object, [](const char*, auto&) {});
};

// ---- writing

json write(double value) { return std::isfinite(value) ? json(value) : json(nullptr); }
json write(Status status) { return to_string(status); }
template <std::integral T>
json write(T value) {
  return value;
}
json write(const std::string& text) { return text; }
json write(const std::pair<double, double>& p) { return {write(p.first), write(p.second)}; }
template <HasFields T>
json write(const T& object);
template <class T>
json write(const std::optional<T>& value);
template <class T>
json write(const std::vector<T>& values);
template <class T>
json write(const std::map<std::string, T>& values);

template <HasFields T>
json write(const T& object) {
  json out = json::object();
  fields(object, [&](const char* key, const auto& value) { out[key] = write(value); });
  return out;
}

template <class T>
json write(const std::optional<T>& value) {
  return value ? write(*value) : json(nullptr);
}

template <class T>
json write(const std::vector<T>& values) {
  json out = json::array();
  for (const T& value : values) out.push_back(write(value));
  return out;
}

template <class T>
json write(const std::map<std::string, T>& values) {
  json out = json::object();
  for (const auto& [key, value] : values) out[key] = write(value);
  return out;
}

/// Differences and sums of a thousand such numbers do not overflow; every JSON reader has them
/// exactly.
constexpr std::int64_t kMostExact = std::int64_t{1} << 53;

// ---- reading; `path` is the dotted way to the value, for messages

[[noreturn]] void expected(const char* what, const json& in, const std::string& path) {
  throw RecordError("\"" + path + "\" must be " + what + ", is " + in.type_name());
}

void read(const json& in, double& out, const std::string& path) {
  if (in.is_null()) {
    out = std::nan("");
  } else if (in.is_number()) {
    out = in.get<double>();
  } else {
    expected("a number or null", in, path);
  }
}

void read(const json& in, std::int64_t& out, const std::string& path) {
  if (!in.is_number_integer()) expected("an integer", in, path);
  out = in.get<std::int64_t>();
  const bool wrapped = in.is_number_unsigned() && out < 0;
  const bool exact = (-kMostExact <= out && out <= kMostExact) || path == "config.seed";
  if (wrapped || !exact) throw RecordError("\"" + path + "\" is beyond 2^53");
}

void read(const json& in, bool& out, const std::string& path) {
  if (!in.is_boolean()) expected("true or false", in, path);
  out = in.get<bool>();
}

void read(const json& in, std::string& out, const std::string& path) {
  if (!in.is_string()) expected("a string", in, path);
  out = in.get<std::string>();
}

void read(const json& in, Status& out, const std::string& path) {
  std::string name;
  read(in, name, path);
  out = status_from(name);
}

void read(const json& in, std::pair<double, double>& out, const std::string& path) {
  if (!in.is_array() || in.size() != 2) expected("two numbers", in, path);
  read(in[0], out.first, path);
  read(in[1], out.second, path);
}

template <HasFields T>
void read(const json& in, T& out, const std::string& path);
template <class T>
void read(const json& in, std::optional<T>& out, const std::string& path);
template <class T>
void read(const json& in, std::vector<T>& out, const std::string& path);
template <class T>
void read(const json& in, std::map<std::string, T>& out, const std::string& path);

template <class T>
constexpr bool is_optional = false;
template <class T>
constexpr bool is_optional<std::optional<T>> = true;

template <HasFields T>
void read(const json& in, T& out, const std::string& path) {
  if (!in.is_object()) expected("an object", in, path);
  fields(out, [&]<class Member>(const char* key, Member& member) {
    const std::string here = path.empty() ? key : path + "." + key;
    const auto found = in.find(key);
    if (found != in.end()) {
      read(*found, member, here);
    } else if (!is_optional<Member>) {
      throw RecordError("\"" + here + "\" is missing");
    }
  });
}

template <class T>
void read(const json& in, std::optional<T>& out, const std::string& path) {
  out = std::nullopt;
  if (in.is_null()) return;
  T value{};
  read(in, value, path);
  out = std::move(value);
}

template <class T>
void read(const json& in, std::vector<T>& out, const std::string& path) {
  if (!in.is_array()) expected("an array", in, path);
  out.assign(in.size(), T{});
  for (std::size_t i = 0; i < in.size(); ++i) {
    read(in[i], out[i], path + "[" + std::to_string(i) + "]");
  }
}

template <class T>
void read(const json& in, std::map<std::string, T>& out, const std::string& path) {
  if (!in.is_object()) expected("an object", in, path);
  out.clear();
  for (const auto& [key, value] : in.items()) read(value, out[key], path + "." + key);
}

void check_schema(const json& in) {
  if (!in.is_object()) throw RecordError("it is no JSON object");
  const auto schema = in.find("schema");
  if (schema == in.end()) throw RecordError("\"schema\" is missing");
  if (*schema != kRecordSchema) {
    if (!schema->is_string()) expected("a string", *schema, "schema");
    const std::string named = schema->get<std::string>().substr(0, 100);
    throw RecordError("schema \"" + named + "\", this build reads \"" + kRecordSchema + "\"");
  }
}

}  // namespace

json to_json(const Record& record) {
  json out = write(record);
  out["specification"] = specification_json(record);
  return out;
}

Record record_from(const json& in, const std::string& origin) {
  try {
    check_schema(in);
    Record record;
    read(in, record, "");
    return record;
  } catch (const std::exception& error) {
    throw RecordError(origin + ": not a record: " + error.what());
  }
}

}  // namespace clipbench::reporters
