// Peaks of two runs to a verdict. They are exact: one byte more is more.
#pragma once

#include <vector>

#include "comparison/comparison.h"
#include "comparison/tolerance.h"
#include "reporters/record.h"

namespace clipbench::comparison {

using Records = std::vector<const reporters::Record*>;  ///< the processes of one case

/// What the allocator takes from a GPU comes in blocks of this size.
inline constexpr std::int64_t kReservedQuantum = 2 << 20;

/// Of one case, all processes ok; neither is empty. nondeterministic: the allocated peaks of one
/// run's processes differ; regressed: more allocated bytes, or more quanta reserved, than base and
/// than `allowed` permits; tolerated: more, and permitted; improved: less allocated, no more
/// reserved.
MemoryJudgement judge_memory(const Records& base, const Records& next, const Allowance& allowed);

}  // namespace clipbench::comparison
