// A release that keeps what is normally gone once a gradient is cast: the sums in f32 or wider.
#pragma once

#include "bench/methods/schedule.h"

namespace clipbench::bench {

/// Blocks, accumulators and noise are GradientRelease's, so the same products run; the complete
/// sums are kept here and no parameter gets a gradient. For verification and dumps: 4 bytes a
/// parameter.
class WideSums final : public GradientRelease {
 public:
  using GradientRelease::GradientRelease;

  /// (S + σCz)/B̄ in wide_dtype, in the order of model.parameters(). Where a schedule leaves plain
  /// gradients instead (vanilla), those.
  Tensors sums(const Model&) const;

 private:
  void release(const Layer&, std::size_t which, std::int64_t first_row, Tensor sum) override;
  Tensor destination(const Layer&, std::size_t which) override;

  std::map<const c10::TensorImpl*, Tensor> complete_;  ///< by parameter
};

struct WideStep {
  Gradients gradients;
  Tensors sums;  ///< in the order of model.parameters()
};

/// One step without noise and with B̄ = 1, its sums as they are before they are cast. The model is
/// left without gradients.
WideStep wide_step(Schedule&, const Model&, const Batch&);

}  // namespace clipbench::bench
