// Layer norm and RMS norm over the last dimension of [B,T,d], eps 1e-5.
#pragma once

#include "bench/layers/layer.h"

namespace clipbench::bench {

/// params {weight [d], bias [d]}.
const Rule& layer_norm_rule();
/// params {weight [d]}: x / √(mean of x² + eps) · weight.
const Rule& rms_norm_rule();

}  // namespace clipbench::bench
