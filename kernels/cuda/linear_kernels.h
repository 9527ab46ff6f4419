// Products g_bᵀ a_b of a linear layer's output gradients and activations on tensor cores: squared
// norms, stored per-sample gradients, clipped sums; what each family of kernels provides.
//
// All launchers: pointers into device memory; up to kMaxLayers layers of the same B, T and type a
// call; launched on `stream`; no allocation, no synchronisation, no atomics: equal arguments give
// equal bits on one device model. How tiles are cut may follow the sizes of all layers of a call,
// so a norm may have other last bits in other company. CUDA errors are thrown as
// std::runtime_error, layers that `takes` refuses as std::invalid_argument.
#pragma once

#include <cuda_runtime_api.h>

#include <cstdint>
#include <span>

#include "kernels/cuda/element_type.h"
#include "kernels/cuda/noise.h"

namespace clipbench::kernels::cuda {

inline constexpr int kMaxLayers = 8;

struct Batch {
  int samples, tokens;
};

/// One layer p → d. Rows lie on 16 bytes: both bases, and pitches that are multiples of 8 elements
/// (f32: 4). d may be any number; p is a multiple of 8.
///   a [B,T,p]  rows `a_pitch` ≥ p elements apart, samples T rows apart
///   g [B,T,d]  rows `g_pitch` ≥ d elements apart, samples T rows apart
struct LinearLayer {
  const void* a;
  const void* g;
  std::int64_t p, d, a_pitch, g_pitch;
  Element type;  ///< of all layers of a call; f32 for gram_norms alone
};

/// Whether all of that holds.
bool takes(const LinearLayer& layer, Batch batch);

/// Rows of a layer's weight gradient that are summed.
///   sum [rows,p], on 16 bytes: rows first_row … of the layer's d, first_row a multiple of 8
///   noise_stream, noise_first  for released_sum: which noise, and the number of sum's first
///                              element in it, a multiple of 4
struct SumRows {
  void* sum;
  std::int64_t first_row, rows;
  std::uint64_t noise_stream = 0, noise_first = 0;
};

using Layers = std::span<const LinearLayer>;

inline constexpr int kGramSums = 3;

/// What makes gram_norms' sums of roots of ‖a_t‖² and ‖g_t‖² upper bounds.
float magnitudes_from_above(const LinearLayer& layer);

struct LinearKernels {
  /// Floats of scratch for width_sq_norms and stored_gradients.
  std::int64_t (*norm_scratch)(Layers, Batch);

  /// out [layers,B] f32: ‖g_bᵀ a_b‖²_F, tiles reduced on chip. FLOPs 2BTpd a layer.
  void (*width_sq_norms)(Layers, Batch, float* scratch, float* out, cudaStream_t stream);

  std::int64_t gram_tile;  ///< tokens of a tile of gram_norms: fewer of a sample take as long

  /// Floats of scratch for gram_norms.
  std::int64_t (*gram_scratch)(Layers, Batch);

  /// out [layers,B] f32: ⟨a_b a_bᵀ, g_b g_bᵀ⟩, the same norms; `plane` floats further on
  /// Σ_t ‖a_t‖‖g_t‖ and another `plane` on Σ_t ‖g_t‖, not below the exact sums of operands as they
  /// were multiplied. Lower triangle of tiles of [T,T], both factors on chip: FLOPs about BT²(p+d),
  /// and the diagonal's upper half. f32 operands are rounded to TF32.
  void (*gram_norms)(Layers, Batch, float* scratch, float* out, std::int64_t plane,
                     cudaStream_t stream);

  /// out [layers,B] as width_sq_norms, and gradients[layer] [B,d,p] of the operands' type, on
  /// 16 bytes: g_bᵀ a_b rounded once. The norm is that of the rounded values: inf where f16 can't
  /// hold one.
  void (*stored_gradients)(Layers, std::span<void* const> gradients, Batch, float* scratch,
                           float* out, cudaStream_t stream);

  /// Bytes of scratch for clipped_sum and released_sum.
  std::int64_t (*clipped_sum_scratch_bytes)(std::span<const SumRows>, Layers, Batch);

  /// sum f32 += Σ_b factors[b] · g_bᵀ a_b (rows as asked). factors [B] f32 ≥ 0; a sample with
  /// factor 0 is not read. The factor multiplies accumulators. FLOPs 2BTpd; g is never scaled.
  void (*clipped_sum)(Layers, std::span<const SumRows>, Batch, const float* factors, void* scratch,
                      cudaStream_t stream);

  /// sum f32 or the operands' type (`type`, of all) = the same sum + noise, f32 in registers until
  /// it is rounded once. noise.stream and noise.first are not read: rows have their own.
  /// nullptr: not provided.
  void (*released_sum)(Layers, std::span<const SumRows>, Element type, Batch, const float* factors,
                       const Noise& noise, void* scratch, cudaStream_t stream);
};

}  // namespace clipbench::kernels::cuda
