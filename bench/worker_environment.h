// Environment variables that a worker gets on top of ours.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "bench/cases/case.h"

namespace clipbench::bench {

using Variables = std::vector<std::pair<std::string, std::string>>;

/// `visible_devices`: the one device of `--device cuda:N`; empty leaves the user's setting.
Variables worker_environment(const Case&, const std::string& visible_devices);

/// Throws UsageError when the user's environment would take allocations past the ledger.
void check_environment(const Case&);

}  // namespace clipbench::bench
