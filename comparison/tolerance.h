// A committed file that allows cases to need more memory than their baseline, each entry with its
// reason:
//   {"schema": "clipbench.tolerance/1",
//    "entries": [{"case": "gpt2_tiny/ghost/.*", "allocated_bytes": 4096, "reserved_bytes": 2097152,
//                 "reason": "…"}]}
#pragma once

#include <cstdint>
#include <regex>
#include <stdexcept>
#include <string>
#include <vector>

namespace clipbench::comparison {

/// Growth that is no regression; the default allows none.
struct Allowance {
  std::int64_t allocated_bytes = 0, reserved_bytes = 0;
  std::string reason;
};

/// what() is one line: origin, entry, what is wrong.
struct ToleranceError : std::runtime_error {
  using std::runtime_error::runtime_error;
};

class Tolerance {
 public:
  Tolerance() = default;
  /// Throws ToleranceError for anything but the form above: no reason, an unknown key, a negative
  /// number, an expression that is none.
  static Tolerance parse(const std::string& text, const std::string& origin);

  /// Of the first entry whose expression matches the whole name.
  Allowance of(const std::string& case_name) const;
  /// Expressions that match none of the names: a stale file should be seen.
  std::vector<std::string> unused(const std::vector<std::string>& case_names) const;

 private:
  struct Entry {
    std::string expression;
    std::regex matcher;
    Allowance allowance;
  };
  std::vector<Entry> entries_;
};

}  // namespace clipbench::comparison
