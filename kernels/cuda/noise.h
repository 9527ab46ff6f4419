// Gaussian noise where a sum is complete.
#pragma once

#include <cuda_runtime_api.h>

#include <cstdint>

#include "kernels/cuda/element_type.h"

namespace clipbench::kernels::cuda {

/// std · z for element `first` + i of a parameter, z a standard normal number that (seed, stream,
/// element) alone decide: equal for every kernel and every way of cutting the parameter into
/// blocks. A stream is never used twice: one a parameter and step. std 0: no noise, nothing is
/// drawn.
struct Noise {
  float std = 0;
  std::uint64_t seed = 0, stream = 0, first = 0;
};

/// out[i] = (keep ? out[i] : 0) + noise, n elements, f32.
void noise_into(float* out, std::int64_t n, bool keep, const Noise& noise, cudaStream_t stream);

/// out[i] = sum[i] + noise, rounded once to `type`. Read 4n, write n elements.
void release(const float* sum, void* out, Element type, std::int64_t n, const Noise& noise,
             cudaStream_t stream);

}  // namespace clipbench::kernels::cuda
