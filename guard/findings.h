// What is wrong with an account, in one line each. Pure.
#pragma once

#include <cstdint>
#include <span>
#include <string>

#include "guard/account.h"
#include "guard/budget_file.h"

namespace clipbench::guard {

/// "" if the peak lies at most `allowed_bytes` above the beginning.
std::string peak_finding(const Account& account, std::int64_t allowed_bytes);

/// "" if nowhere in `ends` (of repetitions; never empty) more is live than at the first of them.
std::string growth_finding(const Account& account, std::span<const Position> ends);

/// What the account held: a budget that it just keeps.
Budget measured_budget(const Account& account);

/// A line for the peak and for each component above its budget; "" if there is none. `name`: the
/// budget's.
std::string budget_findings(const Account& account, const Budget& budget, const std::string& name);

}  // namespace clipbench::guard
