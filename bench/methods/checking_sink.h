// Decorates one pass' sink: hands everything on, and forms the samples' gradients from the same
// operands in f64 by plain products, which share nothing with the norm kernels.
#pragma once

#include <map>
#include <vector>

#include "bench/layers/layer.h"
#include "bench/methods/operand_evidence.h"

namespace clipbench::bench {

/// f64 gradients are formed for as many samples at a time as fit 1 GiB on a GPU, 256 MiB on a CPU;
/// for one at least.
class CheckingSink final : public Sink {
 public:
  CheckingSink(Sink& inner, OperandEvidence& evidence) : inner_(inner), evidence_(evidence) {}
  Tensors visit(const Layer&, Seen) override;

 private:
  using Parts = std::vector<kernels::NormPart>;
  struct FirstUse {
    const Layer* layer = nullptr;
    Seen seen;
    Parts norms;
  };

  /// Exact squared norms [B] of what the pass reads, and its share of the sums.
  Tensor examine(const Layer&, const Seen&);
  /// Gradients of samples [begin, end), f64.
  Tensors gradients_of(const Layer&, const Seen&, std::int64_t begin, std::int64_t end);
  Tensors operand_gradients(const Layer&, const Seen&, std::int64_t begin, std::int64_t end);
  void add_magnitudes(const Layer&, const Seen&, const Tensors* tiles, const Tensor& exact_sq);
  /// The first use of the layer's tied parameter, or null.
  const FirstUse* first_use(const Layer& owner) const;
  kernels::SqNorms with_first_use(const Layer& owner, Parts parts) const;

  Sink& inner_;
  OperandEvidence& evidence_;
  std::map<const Layer*, FirstUse> first_uses_;  ///< by owner
};

}  // namespace clipbench::bench
