#include "two_layers.h"

#include <ATen/ops/cross_entropy_loss.h>
#include <ATen/ops/linear.h>
#include <ATen/ops/randn.h>
#include <ATen/ops/tanh.h>
#include <ATen/ops/zeros_like.h>

namespace two_layers {
namespace {

at::Tensor weight(std::int64_t outputs, std::int64_t inputs, at::TensorOptions options) {
  return at::randn({outputs, inputs}, options).mul_(0.05).set_requires_grad(true);
}

}  // namespace

TwoLayers::TwoLayers(std::int64_t inputs, std::int64_t hidden, std::int64_t classes,
                     at::TensorOptions options)
    : parameters_{weight(hidden, inputs, options), weight(classes, hidden, options)} {
  for (const at::Tensor& p : parameters_) momenta_.push_back(at::zeros_like(p.detach()));
}

at::Tensor TwoLayers::loss(const at::Tensor& x, const at::Tensor& labels) const {
  const at::Tensor hidden = at::tanh(at::linear(x, parameters_[0]));
  return at::cross_entropy_loss(at::linear(hidden, parameters_[1]), labels);
}

void TwoLayers::update(double learning_rate) {
  for (std::size_t i = 0; i < parameters_.size(); ++i) {
    at::Tensor& p = parameters_[i];
    momenta_[i].mul_(0.9).add_(p.grad());
    p.mutable_grad() = at::Tensor();
    p.data().sub_(momenta_[i], learning_rate);
  }
}

}  // namespace two_layers
