// Verification from the operands that a method itself used: in low precision end-to-end errors are
// not derivable, but norms and sums of *given* a and g are, and that is what privacy rests on. A
// checking sink (checking_sink.h) decorates every sink of a step and sees the same operands.
#pragma once

#include <memory>
#include <vector>

#include "bench/methods/operand_evidence.h"

namespace clipbench::bench {

/// Watches one step of one physical batch. Cost: every sample's weight gradients in f64, in every
/// pass, and those of two samples' absolute values in f32.
class OperandCheck final : public Watcher {
 public:
  OperandCheck(const Model&, std::int64_t samples);
  Sink& wrap(Sink&) override;

  /// After the step. `sums`: WideSums' with B̄ = 1 and without noise. `bounded`: a contribution
  /// above C is a violation. Not so where the norms bound other gradients than those that are
  /// summed: reweighted losses, or a second pass whose operations do not repeat bit for bit.
  OperandReport report(const Gradients&, const Tensors& sums, const Clipping&, bool bounded) const;

 private:
  const Model& model_;
  OperandEvidence evidence_;
  std::vector<std::unique_ptr<Sink>> sinks_;
};

}  // namespace clipbench::bench
