// Weighted sums over samples of stored per-sample rows.
#pragma once

#include "kernels/cuda/noise.h"

namespace clipbench::kernels::cuda {

/// B rows of n elements, `pitch` elements apart.
struct SampleRows {
  const void* data;
  Element type;
  int samples;
  std::int64_t size, pitch;
};

/// sum [n] f32 += Σ_b factors[b] · rows[b], added in f32 in the order of samples. A row with factor
/// 0 does not count, whatever it holds. Bytes: the rows once, 8n.
void weighted_sum(const SampleRows& rows, const float* factors, float* sum, cudaStream_t stream);

/// out [n] of `type` = Σ_b factors[b] · rows[b] + noise, in f32 until it is rounded once. Bytes:
/// the rows once, n elements written.
void weighted_sum_release(const SampleRows& rows, const float* factors, const Noise& noise,
                          void* out, Element type, cudaStream_t stream);

}  // namespace clipbench::kernels::cuda
