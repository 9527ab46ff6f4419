// The end of every private gradient: Σ_i c_i g_i + σ·C·z, divided by the expected batch, cast,
// stored as .grad.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <set>
#include <vector>

#include <ATen/core/Generator.h>

#include "bench/layers/layer.h"
#include "kernels/noise.h"

namespace clipbench::bench {

struct ReleaseOptions {
  double noise_std = 0;       ///< σ·C, of the sum
  double expected_batch = 1;  ///< B̄: the released gradient is (S + σCz)/B̄
  std::uint64_t seed = 0;     ///< of the noise
};

/// Benchmark-mode noise, not a secure source: a function of seed, step, parameter and element
/// (Philox, kernels/noise.h), whatever the order of layers, blocks and physical batches; for f64
/// LibTorch's generators.
///
/// A sum becomes the gradient as soon as it is complete. Until then it is held in wide_dtype: under
/// accumulation through the physical batches of a step (one wide buffer of all parameters), and a
/// tied parameter's from its first use to its owner's. On CUDA, sums of per-sample gradients that
/// nothing is added to wait until there are enough of them for one launch, which sums, noises and
/// rounds them all; linear layers' sums are noised and rounded by the kernel that forms them, where
/// there is one.
class GradientRelease : public SumTarget {
 public:
  GradientRelease(ReleaseOptions, at::Device);

  double expected_batch() const { return options_.expected_batch; }

  /// Before each physical batch of a step; a step of one batch is first and last.
  void begin_physical_batch(bool first, bool last);
  /// After the last one: gradients that wait are formed, and parameters that it did not use get
  /// what is held of them, or noise alone. A schedule that releases nothing (vanilla) has gradients
  /// of its own.
  void release_unused(const std::vector<std::unique_ptr<Layer>>&);
  /// A whole step without samples.
  void release_noise_alone(const std::vector<std::unique_ptr<Layer>>&);

  std::int64_t block_rows(const Layer&, std::size_t which) const override;
  Tensor accumulator(const Layer&, std::size_t which, std::int64_t first_row,
                     std::int64_t rows) override;
  /// Throws for a parameter that was completed in this step before, or has a gradient: two uses
  /// that are clipped apart are not one sample's gradient.
  void complete(const Layer&, std::size_t which, std::int64_t first_row, Tensor sum) override;
  void weighted_sum(const Layer&, std::size_t which, Tensor rows, const Factors&) override;
  void product_sum(const Layer&, std::size_t which, const kernels::LinearOperands&,
                   const Factors&) override;

 protected:
  /// A complete sum of rows that nothing is added to any more: cast it and make it the gradient.
  virtual void release(const Layer&, std::size_t which, std::int64_t first_row, Tensor sum);
  /// Where a whole released gradient is written.
  virtual Tensor destination(const Layer&, std::size_t which);

 private:
  void release_rest(const std::vector<std::unique_ptr<Layer>>&);
  void note_release(const Layer&, std::size_t which);
  void form_waiting();
  bool held_back(const Layer&) const;
  /// One sum is all that this parameter gets in this step.
  bool is_whole(const Layer&, std::size_t which) const;
  std::uint64_t stream(const Layer&, std::size_t which) const;
  double noise_std() const { return options_.noise_std / options_.expected_batch; }

  ReleaseOptions options_;
  at::Generator generator_;
  bool first_ = true, last_ = true;
  std::uint64_t steps_ = 0;
  std::vector<kernels::SumToRelease> waiting_;
  std::size_t waiting_bytes_ = 0;                  ///< of the gradients
  std::map<const c10::TensorImpl*, Tensor> held_;  ///< by parameter
  std::set<const c10::TensorImpl*> released_;      ///< in this step
};

}  // namespace clipbench::bench
