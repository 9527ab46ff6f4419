#include "bench/methods/passes.h"

#include <cmath>

#include <ATen/ops/full_like.h>
#include <ATen/ops/ones_like.h>
#include <ATen/ops/zeros.h>
#include <torch/csrc/autograd/autograd.h>

#include "kernels/wide.h"
#include "profiler/observe.h"

namespace clipbench::bench {

using profiler::begin_phase;
using profiler::Component;

Tensor forward(const Model& model, const Batch& batch, Tape* tape) {
  begin_phase("forward");
  auto losses = model.losses(batch, tape);
  profiler::claim(losses, Component::logits_and_loss);
  return losses;
}

Tensor forward_whole_batch(const Model& model, const Batch& batch, Tape* tape) {
  auto losses = forward(model, batch, tape);
  profiler::snapshot("after_forward");
  return losses;
}

namespace {

void backward(const char* phase, const Tensor& losses, const Tensor& seed, bool keep_graph) {
  begin_phase(phase);
  torch::autograd::backward({losses}, {seed}, keep_graph);
}

}  // namespace

void backward_per_sample(const char* phase, const Tensor& losses, bool keep_graph) {
  backward(phase, losses, at::ones_like(losses), keep_graph);
}

void backward_mean(const Tensor& losses) {
  backward("backward", losses, at::full_like(losses, 1.0 / static_cast<double>(losses.size(0))),
           false);
}

Tensor zero_norms(const Tensor& losses) {
  const auto dtype = kernels::wide_dtype(losses.scalar_type());
  auto zeros = at::zeros({losses.size(0)}, losses.options().dtype(dtype).requires_grad(false));
  profiler::claim(zeros, Component::norms);
  return zeros;
}

Gradients clip_all(const Clipping& clipping, const Tensor& losses, const Tensor& sq_norms) {
  begin_phase("clip");
  const profiler::Scope scope(Component::norms);
  Gradients out{losses.detach(), sq_norms.sqrt(), {}};
  out.factors = clipping.clip(out.norms, clipping.clip_norm);
  return out;
}

Clipping group_clipping(const Clipping& clipping, const Model& model) {
  const auto groups = static_cast<double>(model.layers().size());
  return {clipping.clip, clipping.clip_norm / std::sqrt(groups)};
}

}  // namespace clipbench::bench
