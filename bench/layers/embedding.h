// Token embedding [B,T] int64 → [B,T,d], params {weight [V,d]}; and learned positions, added to x
// [B,T,d] by broadcasting rows 0 … T−1 of params {weight [P,d]} over the batch.
#pragma once

#include "bench/layers/layer.h"

namespace clipbench::bench {

const Rule& embedding_rule();
const Rule& position_rule();

}  // namespace clipbench::bench
