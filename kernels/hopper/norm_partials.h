// Second stage of the norm kernels: a sample's squared norm from the partial sums of its tiles.
#pragma once

#include <cuda_runtime_api.h>

#include "kernels/hopper/linear.h"

namespace clipbench::kernels::hopper {

inline constexpr int kPartials = 16;  // floats a tile: one a multiplying warp of a pair of blocks

/// Tiles lie in the order layer, sample, tile; first_tile numbers one sample's tiles of all layers.
struct NormPartials {
  const float* partials;
  int first_tile[kMaxLayers + 1];
  int layers, samples;
};

/// out [layers,B] f32, summed in f64 in a fixed order; below zero, as rounding can leave a Gram
/// norm, it is zero.
void sum_norm_partials(const NormPartials& of, float* out, cudaStream_t stream);

}  // namespace clipbench::kernels::hopper
