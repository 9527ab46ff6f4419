// The kernels of kernels/cuda/linear_kernels.h for compute capability 9.0, by its copy engine and
// its tensor cores' own instructions. All layers of a call are one launch.
#pragma once

#include "kernels/cuda/linear_kernels.h"

namespace clipbench::kernels::hopper {

using cuda::Batch, cuda::Layers, cuda::LinearLayer, cuda::SumRows;
using cuda::kGramSums, cuda::kMaxLayers, cuda::takes;

/// Tiles of 256 rows of d and 160 to 256 columns of p, as fits the sizes best; 16 floats of scratch
/// a tile and sample.
std::int64_t norm_scratch(Layers layers, Batch batch);
void width_sq_norms(Layers layers, Batch batch, float* scratch, float* out, cudaStream_t stream);
void stored_gradients(Layers layers, std::span<void* const> gradients, Batch batch, float* scratch,
                      float* out, cudaStream_t stream);

/// Tiles of 256 × 256: 5/4 of the triangle's FLOPs at T = 256.
std::int64_t gram_scratch(Layers layers, Batch batch);
void gram_norms(Layers layers, Batch batch, float* scratch, float* out, std::int64_t plane,
                cudaStream_t stream);

/// At most 128 KiB a block where each tile is formed by one cluster of blocks, else 256 KiB,
/// whatever the sizes.
std::int64_t clipped_sum_scratch_bytes(std::span<const SumRows> rows, Layers layers, Batch batch);

/// In tiles of 128 columns every sample's product is added with its factor, while the next one's is
/// formed. Wider tiles have one set of accumulators: at the end of a sample they are rescaled to
/// the next one's factor, the last factor finishes the sum; they are set aside in scratch before a
/// factor more than 2³⁰ apart from the first.
void clipped_sum(Layers layers, std::span<const SumRows> rows, Batch batch, const float* factors,
                 void* scratch, cudaStream_t stream);
void released_sum(Layers layers, std::span<const SumRows> rows, cuda::Element type, Batch batch,
                  const float* factors, const cuda::Noise& noise, void* scratch,
                  cudaStream_t stream);

inline constexpr cuda::LinearKernels kLinearKernels = {
    .norm_scratch = norm_scratch,
    .width_sq_norms = width_sq_norms,
    .gram_tile = 256,
    .gram_scratch = gram_scratch,
    .gram_norms = gram_norms,
    .stored_gradients = stored_gradients,
    .clipped_sum_scratch_bytes = clipped_sum_scratch_bytes,
    .clipped_sum = clipped_sum,
    .released_sum = released_sum,
};

}  // namespace clipbench::kernels::hopper
