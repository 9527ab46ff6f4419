// Verification from the operands that a method itself used: in low precision end-to-end errors are
// not derivable, but norms and sums of *given* a and g are, and that is what privacy rests on. A
// checking sink decorates every sink of a step, sees the same operands, and forms the samples'
// gradients from them in f64 by plain products, which share nothing with the norm kernels.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "bench/methods/schedule.h"

namespace clipbench::bench {

struct OperandReport {
  std::int64_t samples = 0;
  /// n̂/n − 1 of a layer before the guard, signed: the lowest and the highest, over layers and
  /// samples.
  double norm_error_low = 0, norm_error_high = 0;
  std::string worst_layer;          ///< of the error of larger size
  double least_guard = 0;           ///< min n_safe/n − 1 over layers and samples: not below 0
  double factor_error = 0;          ///< worst |c_i − clip(n_safe,i)|, relative
  double most_over_clipped = 0;     ///< max n_safe/n − 1 of a sample's whole norm
  double sum_error_over_bound = 0;  ///< |uᵀSv − Σ c_i uᵀG_iv| / bound, worst of all projections
  std::string worst_parameter;
  /// max_i ‖contribution_i‖/C, from what was summed.
  double max_contribution_over_c = 0;
  std::map<std::string, double> kappa_sq;  ///< by role: the largest ‖|A|ᵀ|G|‖²/‖AᵀG‖²
  std::string violation;                   ///< empty, or what does not hold
};

/// Watches one step of one physical batch. f64 cost: the weight gradients of every sample, and
/// those of two samples' absolute values.
class OperandCheck final : public Watcher {
 public:
  OperandCheck(const Model&, std::int64_t samples);
  ~OperandCheck() override;
  Sink& wrap(Sink&) override;

  /// After the step. `sums`: WideSums' with B̄ = 1 and without noise. `bounded`: a contribution
  /// above C is a violation. Not so where the norms bound other gradients than those that are
  /// summed: reweighted losses, or a second pass whose operations do not repeat bit for bit.
  OperandReport report(const Gradients&, const Tensors& sums, const Clipping&, bool bounded) const;

 private:
  class CheckingSink;
  struct Evidence;
  std::unique_ptr<Evidence> evidence_;
  std::vector<std::unique_ptr<Sink>> sinks_;
};

}  // namespace clipbench::bench
