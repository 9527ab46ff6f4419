// Layer norm over the last dimension of [B,T,d], eps 1e-5: params {weight [d], bias [d]}.
#pragma once

#include "bench/layers/layer.h"

namespace clipbench::bench {

const Rule& layer_norm_rule();

}  // namespace clipbench::bench
