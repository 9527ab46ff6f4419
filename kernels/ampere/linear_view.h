// A layer as device code of kernels/ampere sees it.
#pragma once

#include "kernels/ampere/linear.h"

namespace clipbench::kernels::ampere {

/// Pitches in bytes.
struct LayerView {
  const char* a;
  const char* g;
  std::int64_t a_pitch, g_pitch;
  int p, d, tokens;
};

LayerView view_of(const LinearLayer& layer, Batch batch);

/// Throws std::invalid_argument unless there are 1 to kMaxLayers layers of one type that `takes`
/// takes; bf16 or f16 for the second.
void check(Layers layers, Batch batch);
void check_narrow(Layers layers, Batch batch);

}  // namespace clipbench::kernels::ampere
