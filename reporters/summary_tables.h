// Tables of components and snapshots against methods, cut into blocks of as many methods as fit.
// Pure.
#pragma once

#include <string>

#include "reporters/case_summary.h"

namespace clipbench::reporters {

inline constexpr std::size_t kSummaryColumns = 100;

/// Component × method: MiB and bytes; the last lines are sum, allocator's peak, residual.
std::string peak_tables(const Group& group);
/// Component × method against vanilla, MiB with signs, largest change first; "" without vanilla.
std::string overhead_tables(const Group& group);
/// The specification's snapshots × method: allocated / reserved MiB.
std::string snapshot_tables(const Group& group);

}  // namespace clipbench::reporters
