#include "bench/cases/worker_options.h"

#include <functional>

#include "bench/cases/case.h"
#include "bench/cases/numbers.h"

namespace clipbench::bench {
namespace {

/// One option of the worker; both directions stand in one row, so that they can't drift apart.
struct Field {
  std::string name;
  std::function<std::string(const WorkerOptions&)> print;
  std::function<bool(WorkerOptions&, const std::string&)>
      read;  ///< false: the value makes no sense
};

bool read_value(std::string& member, const std::string& text) {
  member = text;
  return true;
}

bool read_value(std::int64_t& member, const std::string& text) {
  const auto value = parse_integer(text);
  if (value) member = *value;
  return value && *value >= 0;
}

bool read_value(double& member, const std::string& text) {
  const auto value = parse_number(text);
  if (value) member = *value;
  return value && *value >= 0;
}

bool read_value(bool& member, const std::string& text) {
  member = text == "1";
  return text == "0" || text == "1";
}

std::string print_value(const std::string& value) { return value; }
std::string print_value(std::int64_t value) { return std::to_string(value); }
std::string print_value(double value) { return print_number(value); }
std::string print_value(bool value) { return value ? "1" : "0"; }

template <class Value>
Field field(const char* name, Value WorkerOptions::*member) {
  return {name, [member](const WorkerOptions& options) { return print_value(options.*member); },
          [member](WorkerOptions& options, const std::string& text) {
            return read_value(options.*member, text);
          }};
}

const std::vector<Field>& fields() {
  static const std::vector<Field> table = {
      field("case", &WorkerOptions::case_name),
      field("record", &WorkerOptions::record),
      field("repetition", &WorkerOptions::repetition),
      field("key", &WorkerOptions::key),
      field("min-warmup-steps", &WorkerOptions::min_warmup_steps),
      field("min-samples", &WorkerOptions::min_samples),
      field("max-samples", &WorkerOptions::max_samples),
      field("max-seconds", &WorkerOptions::max_seconds),
      field("min-seconds", &WorkerOptions::min_seconds),
      field("min-warmup-seconds", &WorkerOptions::min_warmup_seconds),
      field("target-half-width", &WorkerOptions::target_half_width),
      field("fixed-steps", &WorkerOptions::fixed_steps),
      field("recorded-iterations", &WorkerOptions::recorded_iterations),
      field("data", &WorkerOptions::data),
      field("fixed-batch", &WorkerOptions::fixed_batch),
      field("dump", &WorkerOptions::dump),
      field("threads", &WorkerOptions::threads),
      field("verify", &WorkerOptions::verify),
      field("verify-only", &WorkerOptions::verify_only),
      field("keep-host", &WorkerOptions::keep_host),
  };
  return table;
}

constexpr const char* kParentArgument = "--parent-argument=";

const Field& find_field(const std::string& name) {
  std::vector<std::string> names;
  for (const auto& field : fields()) {
    if (field.name == name) return field;
    names.push_back(field.name);
  }
  throw UsageError(unknown_name("worker option", name, names));
}

void read_argument(WorkerOptions& options, const std::string& argument) {
  if (argument.starts_with(kParentArgument)) {
    options.argv.push_back(argument.substr(std::string(kParentArgument).size()));
    return;
  }
  const auto equals = argument.find('=');
  if (!argument.starts_with("--") || equals == std::string::npos)
    throw UsageError("worker argument '" + argument + "': --name=value is needed");
  const Field& field = find_field(argument.substr(2, equals - 2));
  const std::string value = argument.substr(equals + 1);
  if (!field.read(options, value))
    throw UsageError("--" + field.name + " '" + value + "': not a possible value");
}

}  // namespace

std::vector<std::string> WorkerOptions::to_argv() const {
  const WorkerOptions defaults;
  std::vector<std::string> result;
  for (const auto& field : fields())
    if (field.print(*this) != field.print(defaults))
      result.push_back("--" + field.name + "=" + field.print(*this));
  for (const auto& argument : argv) result.push_back(kParentArgument + argument);
  return result;
}

WorkerOptions WorkerOptions::parse(const std::vector<std::string>& argv) {
  WorkerOptions options;
  for (const auto& argument : argv) read_argument(options, argument);
  if (options.case_name.empty()) throw UsageError("--case=NAME is needed");
  return options;
}

}  // namespace clipbench::bench
