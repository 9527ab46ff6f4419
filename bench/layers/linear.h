// Linear layer p → d on [B,T,p]: params {weight [d,p], bias [d]} or {weight}.
#pragma once

#include "bench/layers/layer.h"

namespace clipbench::bench {

const Rule& linear_rule();

}  // namespace clipbench::bench
