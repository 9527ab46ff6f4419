#include "bench/cases/case.h"

#include "bench/cases/knobs.h"
#include "bench/cases/numbers.h"
#include "bench/cases/split.h"
#include "bench/methods/catalog.h"
#include "bench/models/catalog.h"

namespace clipbench::bench {
namespace {

constexpr std::int64_t kLargestSize = std::int64_t{1} << 24;

void check_size(const char* key, const std::string& value) {
  const auto size = parse_integer(value);
  if (!size || *size < 1 || *size > kLargestSize)
    throw UsageError(std::string(key) + ":" + value + ": a size from 1 to " +
                     std::to_string(kLargestSize) + " is needed");
}

std::int64_t parse_size(const char* key, const std::string& part) {
  const std::string prefix = std::string(key) + ":";
  if (!part.starts_with(prefix))
    throw UsageError("\"" + part + "\" stands where " + prefix + "n is needed");
  check_size(key, part.substr(prefix.size()));
  return *parse_integer(part.substr(prefix.size()));
}

void add_knob(Case& result, const std::string& part) {
  const auto colon = part.find(':');
  if (colon == std::string::npos)
    throw UsageError("\"" + part + "\" stands where a knob, key:value, is needed");
  const std::string name = part.substr(0, colon);
  const std::string value = canonical_knob(name, part.substr(colon + 1));
  if (value != default_knob(name)) result.knobs[name] = value;
}

void check_choice(const std::string& kind, const std::string& value,
                  const std::vector<std::string>& possible) {
  for (const auto& name : possible)
    if (name == value) return;
  throw UsageError(unknown_name(kind, value, possible));
}

}  // namespace

std::string Case::name() const {
  std::string text =
      model + "/" + method + "/T:" + std::to_string(seq) + "/B:" + std::to_string(batch);
  for (const auto& knob : all_knobs())
    if (const auto found = knobs.find(knob.name); found != knobs.end())
      text += "/" + found->first + ":" + found->second;
  return text + "/" + dtype + "/" + device;
}

std::string Case::knob(const std::string& name) const {
  const auto found = knobs.find(name);
  return found != knobs.end() ? found->second : default_knob(name);
}

std::string Case::group() const {
  Case any = *this;
  any.method = ".*";
  return any.name();
}

Case parse_case(const std::string& name) {
  const auto parts = split(name, '/');
  if (parts.size() < 6)
    throw UsageError(
        "\"" + name +
        "\" is no case; a name is model/method/T:n/B:n/dtype/device (clipbench list cases)");
  Case result;
  result.model = parts[0];
  result.method = parts[1];
  result.seq = parse_size("T", parts[2]);
  result.batch = parse_size("B", parts[3]);
  for (std::size_t i = 4; i + 2 < parts.size(); ++i) add_knob(result, parts[i]);
  result.dtype = parts[parts.size() - 2];
  result.device = parts.back();
  check(result);
  return result;
}

void check(const Case& tested) {
  find_model(tested.model);
  find_method(tested.method);
  check_size("T", std::to_string(tested.seq));
  check_size("B", std::to_string(tested.batch));
  check_choice("dtype", tested.dtype, {"f64", "f32", "tf32", "bf16"});
  check_choice("device", tested.device, {"cpu", "cuda"});
  for (const auto& [name, value] : tested.knobs)
    if (canonical_knob(name, value) != value)
      throw UsageError(name + ":" + value + " is written " + name + ":" +
                       canonical_knob(name, value));
}

std::string unsupported(const Case& c) {
  const auto schedule = find_method(c.method).schedule;
  if (c.knob("head") == "tied" && schedule == ScheduleKind::per_layer)
    return "a tied head's gradient is complete only after the embedding's, and " + c.method +
           " clips inside the backward pass; possible: head:untied";
  if (c.knob("second_pass") == "reweighted" && schedule != ScheduleKind::two_pass)
    return c.method + " has no second pass to reweight; possible: a method of two passes";
  return "";
}

}  // namespace clipbench::bench
