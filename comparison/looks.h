// When a comparison may look at its times while it still measures, and with which alpha. Looking
// after every process and stopping at the first small p would find differences where there are
// none.
#pragma once

#include <cstdint>
#include <vector>

#include "comparison/comparison.h"

namespace clipbench::comparison {

/// After so many processes a case and side, the test is made at this alpha.
struct Look {
  std::int64_t processes = 0;
  double alpha = 0;
};

/// 7, 10, 14 and 20 processes. The alphas add up to `alpha` and are spent in proportion to the
/// processes measured, so that the chance of any false verdict over all looks is at most `alpha`
/// (Bonferroni over looks, Holm within one).
std::vector<Look> planned_looks(double alpha);

/// No case's time is ambiguous.
bool is_decided(const Comparison&);

}  // namespace clipbench::comparison
