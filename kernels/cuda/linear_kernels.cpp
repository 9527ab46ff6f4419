#include "kernels/cuda/linear_kernels.h"

#include <algorithm>

#include "kernels/cuda/grid.h"

namespace clipbench::kernels::cuda {

bool takes(const LinearLayer& layer, Batch batch) {
  const int per_16_bytes = layer.type == Element::f32 ? 4 : 8;
  const bool pitches = layer.a_pitch % per_16_bytes == 0 && layer.g_pitch % per_16_bytes == 0;
  return pitches && layer.p % 8 == 0 && layer.p > 0 && layer.d > 0 && batch.tokens > 0 &&
         batch.samples > 0 && on_16_bytes(layer.a) && on_16_bytes(layer.g);
}

/// A square loses at most K·u/4 of itself to accumulators that truncate (norm_guard.h, ε), its root
/// half of that, a product of two roots as much as the longer row's square; all the rest is some u.
float magnitudes_from_above(const LinearLayer& layer) {
  constexpr double kRoundoff = 0x1p-24;
  const auto columns = static_cast<double>(std::max(layer.p, layer.d));
  return static_cast<float>(1 + (columns / 4 + 32) * kRoundoff);
}

}  // namespace clipbench::kernels::cuda
