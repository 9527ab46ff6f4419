// Times of two runs to verdicts. The experimental unit is the process: a sample is one process's
// median step, on a CPU its fastest, and steps within a process count no further.
#pragma once

#include <vector>

#include "comparison/comparison.h"

namespace clipbench::comparison {

/// Of one case, a value a process in milliseconds; neither is empty.
struct ProcessTimes {
  std::vector<double> base_ms, new_ms;
};

struct TimeRules {
  double alpha = 0.05;       ///< of all cases together; the interval has confidence 1 - alpha
  double equivalent = 0.02;  ///< an interval within 1 ± this is `same`
};

/// same: the interval of the ratio within 1 ± equivalent, however significant; regressed or
/// improved: Holm-adjusted p <= alpha and the interval wholly above or below 1; otherwise
/// ambiguous. Without an interval (groups so small that no difference could ever be significant)
/// always ambiguous.
std::vector<TimeJudgement> judge_times(const std::vector<ProcessTimes>&, const TimeRules& = {});

}  // namespace clipbench::comparison
