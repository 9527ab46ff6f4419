// Linear layer p → d on [B,T,p]: params {weight [d,p], bias [d]} or {weight}.
#pragma once

#include "bench/layers/layer.h"

namespace clipbench::bench {

const Rule& linear_rule();

/// The way that NormWay::mixed takes for one layer: Gram where its two T×T matrices are smaller
/// than the gradient.
NormWay mixed_way(std::int64_t T, std::int64_t p, std::int64_t d);

}  // namespace clipbench::bench
