// Gaussian noise in the accumulator's precision, and releases that round once (CUDA only).
//
// Noise (noise_key.h) is a function of seed, stream and element: cutting a parameter into
// blocks of rows, or fusing the noise into another kernel, gives the same numbers.
#pragma once

#include <ATen/core/Tensor.h>

#include "kernels/noise_key.h"

namespace clipbench::kernels {

/// Contiguous f32: what set_noise_ takes.
bool makes_noise(const at::Tensor& out);

/// out f32 = noise; what it held before is not read.
void set_noise_(at::Tensor& out, const Noise& noise);

/// A sum over samples that is released as it forms.
struct SumToRelease {
  at::Tensor out;      ///< f32|bf16|f16, any shape
  at::Tensor rows;     ///< [B,…] of out's type or f32, any of them for an f32 out: of the first
                       ///< elements of out; the others are noise alone
  at::Tensor factors;  ///< [B]
  std::uint64_t noise_stream;
};

/// Whether a tensor can be a SumToRelease's out and rows.
bool releases(const at::Tensor& out, const at::Tensor& rows);

/// Every out = Σ_b factors[b] · rows[b] + noise, rounded once, in one launch for every 128. A row
/// with factor 0 does not count, whatever it holds. No f32 sum is ever in memory. noise.stream and
/// noise.first are not read.
void release_sums_(at::ArrayRef<SumToRelease> sums, const Noise& noise);

}  // namespace clipbench::kernels
