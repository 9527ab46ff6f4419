// The kernels of kernels/cuda/linear_kernels.h for compute capability 8.0 and up, by instructions
// that all such GPUs have: copies to shared memory and warps' matrix products. A launch a layer.
#pragma once

#include "kernels/cuda/linear_kernels.h"

namespace clipbench::kernels::ampere {

using cuda::Batch, cuda::Layers, cuda::LinearLayer, cuda::SumRows, cuda::takes;

/// Tiles of 128 × 128, as all here are; 4 floats of scratch a tile and sample.
std::int64_t norm_scratch(Layers layers, Batch batch);
void width_sq_norms(Layers layers, Batch batch, float* scratch, float* out, cudaStream_t stream);
void stored_gradients(Layers layers, std::span<void* const> gradients, Batch batch, float* scratch,
                      float* out, cudaStream_t stream);

/// 24 floats of scratch a tile and sample.
std::int64_t gram_scratch(Layers layers, Batch batch);
void gram_norms(Layers layers, Batch batch, float* scratch, float* out, std::int64_t plane,
                cudaStream_t stream);

/// At most 256 KiB a multiprocessor: where a layer has few tiles, several blocks form a part each.
std::int64_t clipped_sum_scratch_bytes(std::span<const SumRows> rows, Layers layers, Batch batch);

/// Accumulators are rescaled to the next sample's factor, or added to memory before one that is
/// more than 2³⁰ apart.
void clipped_sum(Layers layers, std::span<const SumRows> rows, Batch batch, const float* factors,
                 void* scratch, cudaStream_t stream);

inline constexpr cuda::LinearKernels kLinearKernels = {
    .norm_scratch = norm_scratch,
    .width_sq_norms = width_sq_norms,
    .gram_tile = 128,
    .gram_scratch = gram_scratch,
    .gram_norms = gram_norms,
    .stored_gradients = stored_gradients,
    .clipped_sum_scratch_bytes = clipped_sum_scratch_bytes,
    .clipped_sum = clipped_sum,
    .released_sum = nullptr,
};

}  // namespace clipbench::kernels::ampere
