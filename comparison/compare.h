// Two runs to a comparison. Pure.
#pragma once

#include <stdexcept>
#include <string>
#include <vector>

#include "comparison/comparison.h"
#include "comparison/judge_time.h"
#include "comparison/tolerance.h"
#include "reporters/record.h"

namespace clipbench::comparison {

/// Runs that cannot be compared; what() is one line with the reason.
struct Incomparable : std::runtime_error {
  using std::runtime_error::runtime_error;
};

struct Rules {
  TimeRules time;
  Tolerance tolerance;
};

/// Case by case, by name; several records of a name are its processes. Throws Incomparable where
/// device (model name, memory), build type or allocator settings differ.
Comparison compare(const std::vector<reporters::Record>& base,
                   const std::vector<reporters::Record>& next, const Rules& = {});

/// The methods of one run against `method`, each at its own setting. `missing` names the settings
/// that have other methods only.
Comparison compare_with_method(const std::vector<reporters::Record>& run, const std::string& method,
                               const Rules& = {});

}  // namespace clipbench::comparison
