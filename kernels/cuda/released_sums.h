// Weighted sums over samples that are noised and rounded in registers, many in a launch.
#pragma once

#include <span>

#include "kernels/cuda/noise.h"
#include "kernels/cuda/weighted_sum.h"

namespace clipbench::kernels::cuda {

/// What is summed, and where it goes. No samples: noise alone.
struct ReleasedSum {
  SampleRows rows;
  const float* factors;  ///< one a sample
  void* out;             ///< rows.size elements
  Element type;          ///< of out
  std::uint64_t noise_stream, noise_first;
};

/// out = Σ_b factors[b] · rows[b] + noise for every sum, in f32 until it is rounded once. A row
/// with factor 0 does not count, whatever it holds. noise.stream and noise.first are not read: a
/// sum's are its own. Bytes: the rows once, out written once.
void release_sums(std::span<const ReleasedSum> sums, const Noise& noise, cudaStream_t stream);

}  // namespace clipbench::kernels::cuda
