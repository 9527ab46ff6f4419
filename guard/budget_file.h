// Budgets in a file that is kept with the code they guard:
//   {"schema": "clipbench.budgets/1",
//    "budgets": {"train_step/cpu": {"peak_bytes": 3000,
//                                   "components": {"activations": 1000, "parameters": 2000}}}}
#pragma once

#include <cstdint>
#include <filesystem>
#include <stdexcept>
#include <string>

#include "profiler/component_account.h"

namespace clipbench::guard {

/// What code may hold, in bytes. A component that the file doesn't name may hold nothing.
struct Budget {
  std::int64_t peak_bytes = 0;
  profiler::ComponentBytes components{};  ///< the most of each, whenever it is

  bool operator==(const Budget&) const = default;
};

/// One line: the file, what is wrong with it, what is possible.
struct BudgetError : std::runtime_error {
  using std::runtime_error::runtime_error;
};

/// Throws BudgetError.
Budget read_budget(const std::filesystem::path& file, const std::string& name);

/// Makes `budget` the one of this name, sorted in among the others, which stay. A file that says so
/// already is not touched; one that is missing is made. Processes that write at once wait for each
/// other. Returns what changed as "peak_bytes 100 -> 120, …", or "". Throws BudgetError.
std::string write_budget(const std::filesystem::path& file, const std::string& name,
                         const Budget& budget);

}  // namespace clipbench::guard
