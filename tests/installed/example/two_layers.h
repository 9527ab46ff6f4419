// A network that knows nothing of clipbench.
#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <vector>

namespace two_layers {

/// Classifies rows; trained by SGD with momentum.
class TwoLayers {
 public:
  TwoLayers(std::int64_t inputs, std::int64_t hidden, std::int64_t classes,
            at::TensorOptions options);

  /// x [B, inputs], labels [B] → mean loss.
  at::Tensor loss(const at::Tensor& x, const at::Tensor& labels) const;
  /// Updates the parameters from their gradients, which it frees.
  void update(double learning_rate);

  const std::vector<at::Tensor>& parameters() const { return parameters_; }
  const std::vector<at::Tensor>& momenta() const { return momenta_; }

 private:
  std::vector<at::Tensor> parameters_, momenta_;
};

}  // namespace two_layers
