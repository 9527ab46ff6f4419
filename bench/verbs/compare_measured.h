// Comparisons that measure first.
#pragma once

#include "bench/options.h"

namespace clipbench::bench {

/// The cases of a kept run, measured now as it was measured, judged against it. Its word is the
/// run.
int compare_now(const Options&);

/// Two builds, their workers in alternating order, a canary between the rounds. Its words are their
/// folders.
int compare_builds(const Options&);

}  // namespace clipbench::bench
