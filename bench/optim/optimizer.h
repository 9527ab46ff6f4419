// DP-SGD, DP-Adam and DP-AdamW: the plain optimizers on gradients that are already private, as
// fused multi-tensor kernels. Weight decay comes after the noise.
#pragma once

#include <memory>
#include <string>

#include "bench/layers/layer.h"

namespace clipbench::bench {

struct OptimizerOptions {
  double learning_rate = 1e-4;
  double beta1 = 0.9, beta2 = 0.999, eps = 1e-8;
  double weight_decay = 0;  ///< AdamW: 0.01
};

class Optimizer {
 public:
  virtual ~Optimizer() = default;
  /// One update from the parameters' gradients; all must be there. Marks the phase `step`.
  void step();
  /// Moments and step counters, for the account; empty for SGD.
  virtual Tensors state() const = 0;

 protected:
  explicit Optimizer(Tensors params) : params_(std::move(params)) {}
  virtual void update(const Tensors& grads) = 0;

  Tensors params_;
};

/// "sgd", "adam" or "adamw"; moments in the parameters' dtype, one step counter for all. Throws
/// UsageError (bench/cases/case.h) for other names.
std::unique_ptr<Optimizer> make_optimizer(const std::string& name, Tensors params,
                                          OptimizerOptions);

/// Bytes of state in closed form: what the account must show.
std::int64_t optimizer_state_bytes(const std::string& name, const Tensors& params);

}  // namespace clipbench::bench
