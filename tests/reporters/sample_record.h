// Records as a run of GPT-2-shaped cases would leave them: every member set, the account closed.
#pragma once

#include <string>
#include <vector>

#include "reporters/record.h"

namespace clipbench::reporters {

/// A case that ended well. Known methods (vanilla, explicit, ghost, mixed_ghost, flash_clip, bk,
/// fast_clip, per_layer) differ in components, phases and time as the real ones do. Deterministic.
Record sample_record(const std::string& method, std::int64_t repetition = 0,
                     const std::string& model = "gpt2_tiny", const std::string& device = "cpu");
/// A case that ended otherwise: no times, no memory.
Record failed_record(const std::string& method, Status status, const std::string& reason,
                     const std::string& model = "gpt2_tiny", const std::string& device = "cpu");
/// One repetition of vanilla, explicit, ghost, flash_clip and bk.
std::vector<Record> sample_run();

}  // namespace clipbench::reporters
