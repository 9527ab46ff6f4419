// A case: model / method / T / B / [knobs] / dtype / device. Its name is its identity everywhere.
#pragma once

#include <cstdint>
#include <map>
#include <stdexcept>
#include <string>
#include <vector>

namespace clipbench::bench {

/// What a user typed is wrong; what() is the one line to show: what was wrong and what is possible.
struct UsageError : std::runtime_error {
  using std::runtime_error::runtime_error;
};

/// A setting that appears in a case's name only when it is not at its default. The order of
/// `all_knobs()` is the order in names.
struct Knob {
  const char* name;
  const char* default_value;
  const char* help;
};
const std::vector<Knob>& all_knobs();

struct Case {
  std::string model, method;
  std::int64_t seq = 0, batch = 0;
  std::map<std::string, std::string> knobs;  ///< only values other than the default
  std::string dtype, device;                 ///< f64|f32|tf32|bf16, cpu|cuda

  /// `gpt2_small/ghost/T:1024/B:16/bf16/cuda`; knobs as `key:value` before the dtype.
  std::string name() const;
  /// A knob's value, or its default.
  std::string knob(const std::string& name) const;
  /// The case's group: its name with the method replaced by `.*`, a regex for --filter.
  std::string group() const;
};

/// The inverse of name(). Throws UsageError naming the part that is wrong and what is possible
/// ("unknown method "gost"; did you mean ghost? one of: …").
Case parse_case(const std::string& name);
/// Checks model, method, sizes, dtype, device, knobs; throws UsageError.
void check(const Case&);

/// Why a case that is well formed can't be run, in a line; empty: it can.
std::string unsupported(const Case&);

/// `unknown KIND "gost"; did you mean ghost? one of: a, b` (the suggestion only when something is
/// close).
std::string unknown_name(const std::string& kind, const std::string& name,
                         const std::vector<std::string>& possible);

}  // namespace clipbench::bench
