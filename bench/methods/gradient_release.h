// The end of every private gradient: Σ_i c_i g_i + σ·C·z, divided by the expected batch, cast,
// stored as .grad.
#pragma once

#include <cstdint>

#include <ATen/core/Generator.h>

#include "bench/layers/layer.h"

namespace clipbench::bench {

struct ReleaseOptions {
  double noise_std = 0;       ///< σ·C, of the sum
  double expected_batch = 1;  ///< B̄: the released gradient is (S + σCz)/B̄
  std::uint64_t seed = 0;     ///< of the noise
};

/// Benchmark-mode noise: Philox on CUDA, the library's generator on CPU; not a secure source.
class GradientRelease final : public SumTarget {
 public:
  GradientRelease(ReleaseOptions, at::Device);

  double expected_batch() const { return options_.expected_batch; }

  std::int64_t block_rows(const Layer&, std::size_t which) const override;
  Tensor accumulator(const Layer&, std::size_t which, std::int64_t first_row,
                     std::int64_t rows) override;
  void complete(const Layer&, std::size_t which, std::int64_t first_row, Tensor sum) override;

 private:
  ReleaseOptions options_;
  at::Generator generator_;
};

}  // namespace clipbench::bench
