// Weighted sums over samples of stored per-sample rows.
#pragma once

#include <cuda_runtime_api.h>

#include <cstdint>

#include "kernels/cuda/element_type.h"

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

}  // namespace clipbench::kernels::cuda
