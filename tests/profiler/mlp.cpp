#include "mlp.h"

#include <ATen/ops/gelu.h>
#include <ATen/ops/linear.h>
#include <ATen/ops/randn.h>
#include <torch/csrc/autograd/autograd.h>

#include "profiler/observe.h"

namespace clipbench::profiler {
namespace {

at::Tensor forward(const Mlp& mlp) {
  at::Tensor x = mlp.input;
  for (const at::Tensor& w : mlp.weights) x = at::gelu(at::linear(x, w));
  const Scope scope(Component::logits_and_loss);
  return x.to(at::kFloat).pow(2).mean();
}

void sgd(Mlp& mlp) {
  for (at::Tensor& w : mlp.weights) {
    w.data().sub_(w.grad(), 1e-3);
    w.mutable_grad() = at::Tensor();
  }
}

}  // namespace

Mlp::Mlp(std::int64_t layers, std::int64_t batch, std::int64_t width, at::TensorOptions options) {
  for (std::int64_t i = 0; i < layers; ++i) {
    weights.push_back(at::randn({width, width}, options).mul_(0.05).set_requires_grad(true));
  }
  input = at::randn({batch, width}, options);
}

void Mlp::step() {
  snapshot("before_forward");
  begin_phase("forward");
  at::Tensor loss = forward(*this);
  snapshot("after_forward");
  begin_phase("backward");
  torch::autograd::backward({loss}, {});
  loss = at::Tensor();
  for (const at::Tensor& w : weights) claim(w.grad(), Component::gradients);
  snapshot("after_backward");
  begin_phase("step");
  sgd(*this);
  end_phase();
  snapshot("after_step");
}

void Mlp::claim_persistent() const {
  for (const at::Tensor& w : weights) claim(w, Component::parameters, "mlp");
  claim(input, Component::batch);
}

std::int64_t Mlp::parameter_bytes() const {
  std::int64_t bytes = 0;
  for (const at::Tensor& w : weights) bytes += static_cast<std::int64_t>(w.nbytes());
  return bytes;
}

PeakReport record_steps(Recorder& recorder, Mlp& mlp, int steps) {
  recorder.start();
  mlp.claim_persistent();
  for (int i = 0; i < steps; ++i) {
    recorder.begin_iteration(i);
    mlp.step();
  }
  return recorder.stop();
}

}  // namespace clipbench::profiler
