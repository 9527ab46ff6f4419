// A fixed piece of work between the processes of a comparison, the same for both sides: whether the
// machine itself became faster or slower meanwhile. Pure.
#pragma once

#include <string>
#include <vector>

namespace clipbench::comparison {

/// Milliseconds of a matrix product and of a copy.
struct CanaryReading {
  double gemm_ms = 0, copy_ms = 0;
};

struct Drift {
  double gemm = 1, copy = 1;  ///< median of the second half / median of the first
  bool drifted = false;       ///< one of them by more than 3 %
};

/// Of readings in the order of time; fewer than two never drift.
Drift drift_of(const std::vector<CanaryReading>&);

/// `gemm 12.10 ms, copy 3.12 ms; second half / first half 1.004, 0.998: the machine held still`
std::string canary_line(const std::vector<CanaryReading>&);

}  // namespace clipbench::comparison
