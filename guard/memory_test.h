// Memory as something that GoogleTest can expect, to the byte. For projects that use clipbench as a
// library:
//
//   TEST(Net, StepHoldsNoMoreThanItsBudget) {
//     Net net;
//     step(net);  // the first one allocates what stays
//     EXPECT_PEAK_BYTES_LE(1 << 20, { step(net); });
//     EXPECT_NO_GROWTH(5, { step(net); });
//     EXPECT_WITHIN_BUDGET("step", {
//       for (const auto& p : net.parameters()) profiler::claim(p, profiler::Component::parameters);
//       step(net);
//     });
//   }
//
// Bytes are those of host tensors, or of a CUDA device while an OnDevice lives (checks.h, which
// also says what each check means). Who holds them is what profiler/observe.h was told while the
// code ran: phases "forward" and "backward" make activations and their gradients, claim() and Scope
// the rest; everything else is `temporary`. Names of owners must outlive the check.
#pragma once

#include <gtest/gtest.h>

#include <string>

#include "guard/checks.h"
#include "profiler/cpu_allocator_source.h"
#include "profiler/observe.h"

/// Set by clipbench_add_memory_test(… BUDGETS file).
#ifndef CLIPBENCH_BUDGETS_FILE
#define CLIPBENCH_BUDGETS_FILE ""
#endif

namespace clipbench::guard {

/// A program that includes this header counts its host memory before main begins.
inline const bool kHostMemoryIsCounted = (profiler::install_cpu_allocator(), true);

}  // namespace clipbench::guard

/// A failure that doesn't end the test; more can be streamed into it. As a statement it is safe
/// between if and else.
#define CLIPBENCH_EXPECT_NOTHING_FOUND_(...)                                            \
  switch (0)                                                                            \
  case 0:                                                                               \
  default:                                                                              \
    if (const std::string clipbench_finding = (__VA_ARGS__); clipbench_finding.empty()) \
      ;                                                                                 \
    else                                                                                \
      ADD_FAILURE() << clipbench_finding

/// At its peak the code holds at most `allowed_bytes` more than was live before.
#define EXPECT_PEAK_BYTES_LE(allowed_bytes, ...) \
  CLIPBENCH_EXPECT_NOTHING_FOUND_(               \
      ::clipbench::guard::check_peak((allowed_bytes), [&] { __VA_ARGS__; }))

/// After no repetition of the code more bytes are live than after the first.
#define EXPECT_NO_GROWTH(repetitions, ...) \
  CLIPBENCH_EXPECT_NOTHING_FOUND_(         \
      ::clipbench::guard::check_no_growth((repetitions), [&] { __VA_ARGS__; }))

/// Peak and components are within the budget of this name in the test's BUDGETS file.
#define EXPECT_WITHIN_BUDGET(name, ...) \
  CLIPBENCH_EXPECT_NOTHING_FOUND_(      \
      ::clipbench::guard::check_budget(CLIPBENCH_BUDGETS_FILE, (name), [&] { __VA_ARGS__; }))
