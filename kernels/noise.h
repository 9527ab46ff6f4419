// Gaussian noise in the accumulator's precision, and releases that round once; CUDA only.
//
// Noise (kernels/cuda/noise.h) is a function of seed, stream and element: cutting a parameter into
// blocks of rows, or fusing the noise into another kernel, gives the same numbers.
#pragma once

#include <ATen/core/Tensor.h>

#include "kernels/cuda/noise.h"
#include "kernels/factors.h"

namespace clipbench::kernels {

using Noise = cuda::Noise;

/// out f32 = noise; what it held before is not read.
void set_noise_(at::Tensor& out, const Noise& noise);

/// out f32 += noise.
void add_noise_(at::Tensor& out, const Noise& noise);

/// out f32|bf16, any shape, = sum f32 + noise, rounded once.
void release_(at::Tensor& out, const at::Tensor& sum, const Noise& noise);

/// out f32|bf16 = Σ_b factors[b] · rows[b] + noise, rounded once; rows [B,…] f32|bf16. A row with
/// factor 0 does not count, whatever it holds. The f32 sum is never in memory.
void weighted_sum_release_(at::Tensor& out, const at::Tensor& rows, const Factors& factors,
                           const Noise& noise);

}  // namespace clipbench::kernels
