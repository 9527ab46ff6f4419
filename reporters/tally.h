// What all records of a run add up to: statuses, verification, residual. Pure.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "reporters/record.h"

namespace clipbench::reporters {

struct Tally {
  std::map<Status, int> cases;  ///< a case with several processes counts by its worst one
  int total = 0;
  int verifiable = 0, verified = 0;  ///< cases with numbers; vanilla counts only if it was verified
  double worst_error = 0, tolerance = 0;
  std::int64_t worst_residual_bytes = 0;
  int with_numbers = 0;
};

Tally tally(const std::vector<Record>& records);
/// `5 ok, 1 oom`
std::string statuses_text(const Tally&);
/// `all verified (worst error 3.1e-15, tolerance 1e-12)`, `3 of 4 verified (…)`, `not verified`.
std::string verification_text(const Tally&);
/// `residual 0 bytes in all`
std::string residual_text(const Tally&);

}  // namespace clipbench::reporters
