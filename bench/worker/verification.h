// Is the method that was timed right? The very object is run at a reduced size against one sample
// at a time.
#pragma once

#include "bench/worker/trainer.h"
#include "reporters/record.h"

namespace clipbench::bench {

/// f64: norms and clipped sums of every parameter against the oracle, to `kTolerance`. The case's
/// dtype: the error against f64 of the same rounded weights is at most `kDtypeRatio` times that of
/// the same-dtype oracle. The oracle is `microbatch`; `per_layer`'s clips per layer; `vanilla` and
/// `microbatch` check each other. `done` is true and `detail` empty when the method is right.
reporters::Verification verify(Schedule& timed, const Case&);

inline constexpr double kTolerance =
    1e-12;  ///< relative; f64 sums of some thousand terms reordered
inline constexpr double kDtypeRatio = 1.5;

}  // namespace clipbench::bench
