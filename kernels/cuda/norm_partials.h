// Second stage of the norm kernels: a sample's squared norm from the partial sums of its tiles.
#pragma once

#include <cuda_runtime_api.h>

#include <cstdint>

#include "kernels/cuda/linear_kernels.h"

namespace clipbench::kernels::cuda {

/// Tiles lie in the order layer, sample, tile; first_tile numbers one sample's tiles of all layers.
/// More sums than one lie behind each other, partials and results alike.
struct NormPartials {
  const float* partials;  // [sums, tiles of all samples, of_tile]
  int of_tile;
  int first_tile[kMaxLayers + 1];
  int layers, samples;
  int sums = 1;
  std::int64_t plane = 0;         ///< floats from one sum's results to the next's
  float factor[kMaxLayers] = {};  ///< of a layer's further sums
};

/// out [layers,B] f32 a sum, added in f64 in a fixed order; below zero, as rounding can leave a
/// Gram norm, it is zero.
void sum_norm_partials(const NormPartials& of, float* out, cudaStream_t stream);

}  // namespace clipbench::kernels::cuda
