// Gaussian noise where a sum is complete.
#pragma once

#include <cuda_runtime_api.h>

#include <cstdint>

#include "kernels/noise_key.h"

namespace clipbench::kernels::cuda {

using kernels::Noise;

/// out[i] = noise, n elements, f32.
void set_noise(float* out, std::int64_t n, const Noise& noise, cudaStream_t stream);

}  // namespace clipbench::kernels::cuda
