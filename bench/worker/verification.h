// Is the method that was timed right? The very object is run again: at a reduced size, with the
// timed size's plan, and with the timed model and batch.
#pragma once

#include <optional>
#include <string>

#include "bench/worker/trainer.h"
#include "reporters/record.h"

namespace clipbench::bench {

/// An error against f64 may be this many times that of `microbatch` in the same dtype.
inline constexpr double kDtypeRatio = 1.5;

/// What the step at the timed shape showed.
struct TimedCheck {
  std::optional<reporters::OperandLevel> level;
  std::optional<bool> repeats_bitwise;
  std::string detail;  ///< empty, or what failed
  double seconds = 0;
};

/// L1 at the timed shape, from one more step of the timed model, schedule and (physical) batch with
/// the noise off; in deterministic mode also whether two such steps give equal bits. `timed_path`
/// is what ran when it was timed: another path fails. Methods that have no sinks (vanilla,
/// microbatch) have nothing to look at.
TimedCheck check_timed(Trainer&, const Case&, const Path& timed_path);

/// At the reduced size, whose layers take the plan that `schedule` was forced to. L0, f64:
/// check_contract (bench/methods/contract.h). L1, the case's dtype: OperandCheck. L2, the case's
/// dtype: the error against f64 of the same rounded weights is at most kDtypeRatio times that of
/// one sample at a time. `done` is true and `detail` empty when all holds, `timed` included.
reporters::Verification verify(Schedule&, const Case&, const Path& timed_path = {},
                               TimedCheck timed = {});

}  // namespace clipbench::bench
