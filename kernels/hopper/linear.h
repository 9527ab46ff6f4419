// Products g_bᵀ a_b of a linear layer's output gradients and activations on Hopper's tensor cores:
// squared norms, stored per-sample gradients, clipped sums; bf16 or f16 operands, f32 accumulators.
//
// All launchers: pointers into device memory; up to kMaxLayers layers of the same B and T in one
// launch; launched on `stream`; no allocation, no synchronisation, no atomics: equal arguments give
// equal bits on one device model. The width of tiles follows the sizes of all layers of a launch,
// so a norm may have other last bits in other company. CUDA errors are thrown as
// std::runtime_error.
#pragma once

#include <cuda_runtime_api.h>

#include <cstdint>
#include <span>

#include "kernels/cuda/element_type.h"
#include "kernels/cuda/noise.h"

namespace clipbench::kernels::hopper {

inline constexpr int kMaxLayers = 8;

struct Batch {
  int samples, tokens;
};

/// One layer p → d. The copy engine wants rows on 16 bytes: both bases, and pitches that are
/// multiples of 8 (f32: 4). d may be any number; p is a multiple of 8.
///   a [B,T,p]  rows `a_pitch` ≥ p elements apart, samples T rows apart
///   g [B,T,d]  rows `g_pitch` ≥ d elements apart, samples T rows apart
struct LinearLayer {
  const void* a;
  const void* g;
  std::int64_t p, d, a_pitch, g_pitch;
  cuda::Element type;  ///< of all layers of a launch; f32 for gram_norms alone
};

/// Whether this device and these shapes are taken.
bool is_hopper(int device);
bool takes(const LinearLayer& layer, Batch batch);

/// Floats of scratch for width_sq_norms and stored_gradients.
std::int64_t norm_scratch(std::span<const LinearLayer> layers, Batch batch);

/// out [layers,B] f32: ‖g_bᵀ a_b‖²_F, tiles reduced on chip. FLOPs 2BTpd a layer.
void width_sq_norms(std::span<const LinearLayer> layers, Batch batch, float* scratch, float* out,
                    cudaStream_t stream);

/// Floats of scratch for gram_norms.
std::int64_t gram_scratch(std::span<const LinearLayer> layers, Batch batch);

inline constexpr int kGramSums = 3;

/// out [layers,B] f32: ⟨a_b a_bᵀ, g_b g_bᵀ⟩, the same norms; `plane` floats further on
/// Σ_t ‖a_t‖‖g_t‖ and another `plane` on Σ_t ‖g_t‖, not below the exact sums of operands as they
/// were multiplied. Lower triangle of 256 × 256 tiles, both factors on chip: FLOPs about BT²(p+d),
/// 5/4 of that at T = 256. f32 operands are rounded to TF32.
void gram_norms(std::span<const LinearLayer> layers, Batch batch, float* scratch, float* out,
                std::int64_t plane, cudaStream_t stream);

/// out [layers,B] as width_sq_norms, and gradients[layer] [B,d,p] of the operands' type: g_bᵀ a_b
/// rounded once. The norm is that of the rounded values: inf where f16 can't hold one.
void stored_gradients(std::span<const LinearLayer> layers, std::span<void* const> gradients,
                      Batch batch, float* scratch, float* out, cudaStream_t stream);

/// Rows of a layer's weight gradient that are summed.
///   sum [rows,p], on 16 bytes: rows first_row … of the layer's d, first_row a multiple of 8
///   noise_stream, noise_first  for released_sum: which noise, and the number of sum's first
///                              element in it, a multiple of 4
struct SumRows {
  void* sum;
  std::int64_t first_row, rows;
  std::uint64_t noise_stream = 0, noise_first = 0;
};

/// Bytes of scratch for clipped_sum and released_sum: at most 128 KiB a block where each tile is
/// formed by one pair of blocks, else 256 KiB, whatever the sizes.
std::int64_t clipped_sum_scratch_bytes(std::span<const SumRows> rows,
                                       std::span<const LinearLayer> layers, Batch batch);

/// sum f32 += Σ_b factors[b] · g_bᵀ a_b (rows as asked). factors [B] f32 ≥ 0; a sample with factor
/// 0 is not read. The factor multiplies accumulators: at the end of a sample they are rescaled to
/// the next sample's factor, the last factor finishes the sum; they are set aside in scratch before
/// a factor more than 2³⁰ apart from the first. FLOPs 2BTpd; g is read once and never scaled.
void clipped_sum(std::span<const LinearLayer> layers, std::span<const SumRows> rows, Batch batch,
                 const float* factors, void* scratch, cudaStream_t stream);

/// sum f32 or the operands' type (`type`, of all) = the same sum + noise, f32 in registers until it
/// is rounded once. noise.stream and noise.first are not read: rows have their own.
void released_sum(std::span<const LinearLayer> layers, std::span<const SumRows> rows,
                  cuda::Element type, Batch batch, const float* factors, const cuda::Noise& noise,
                  void* scratch, cudaStream_t stream);

}  // namespace clipbench::kernels::hopper
