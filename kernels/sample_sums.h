// Sums over samples of per-sample rows, and the splitting of a batch that keeps scratch small.
#pragma once

#include <ATen/core/Tensor.h>
#include <cstdint>
#include <functional>

#include "kernels/factors.h"

namespace clipbench::kernels {

/// sum […] += Σ_b factors[b] · rows[b]; rows [B,…] of any dtype, sum in wide_dtype. A row with
/// factor 0 does not count, whatever it holds. f32, bf16 and f16 rows on CUDA, contiguous ones on a
/// CPU: one pass over the rows, no scratch. Else nothing for large rows, one wide copy for small
/// ones.
void weighted_sum_(at::Tensor& sum, const at::Tensor& rows, const Factors& factors);

/// rows [n,…] times factors[first …] in wide_dtype, a fresh tensor; rows with factor 0 become 0,
/// whatever they hold.
at::Tensor scaled_samples(const at::Tensor& rows, const Factors& factors, std::int64_t first);

/// Calls visit(begin, end) for consecutive ranges of [0, batch), each of at most `chunk_bytes` of
/// scratch (at least one sample).
void for_sample_chunks(std::int64_t batch, std::int64_t scratch_bytes_per_sample,
                       const std::function<void(std::int64_t, std::int64_t)>& visit,
                       std::int64_t chunk_bytes = 32 << 20);

}  // namespace clipbench::kernels
