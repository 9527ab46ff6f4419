// Gaussian noise where a sum is complete.
#pragma once

#include <cuda_runtime_api.h>

#include <cstdint>

#include "kernels/cuda/element_type.h"
#include "kernels/noise_key.h"

namespace clipbench::kernels::cuda {

using kernels::Noise;

/// out[i] = (keep ? out[i] : 0) + noise, n elements, f32.
void noise_into(float* out, std::int64_t n, bool keep, const Noise& noise, cudaStream_t stream);

/// out[i] = sum[i] + noise, rounded once to `type`. Read 4n, write n elements.
void release(const float* sum, void* out, Element type, std::int64_t n, const Noise& noise,
             cudaStream_t stream);

}  // namespace clipbench::kernels::cuda
