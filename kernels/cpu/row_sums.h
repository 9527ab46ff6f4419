// Weighted sums of per-sample rows on a CPU.
#pragma once

#include <cstdint>

#include "kernels/cpu/element.h"

namespace clipbench::kernels::cpu {

/// sum [n] += Σ_b factors[b] · rows[b·pitch …], b < samples: the rows once, the sum read and
/// written once. A row with factor 0 is not read.
template <class In>
void add_weighted_rows(const In* rows, std::int64_t pitch, std::int64_t samples, std::int64_t n,
                       const Wide<In>* factors, Wide<In>* sum);

}  // namespace clipbench::kernels::cpu
