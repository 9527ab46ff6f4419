#include "bench/methods/passes.h"

#include <cmath>

#include <ATen/ops/ones_like.h>
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

void backward(const char* phase, const Tensor& losses, const Tensor& weights, bool keep_graph) {
  begin_phase(phase);
  torch::autograd::backward({losses}, {weights}, keep_graph);
}

void backward_per_sample(const char* phase, const Tensor& losses, bool keep_graph) {
  backward(phase, losses, at::ones_like(losses), keep_graph);
}

Gradients clip_all(const Clipping& clipping, const Tensor& losses,
                   const std::vector<kernels::NormPart>& parts) {
  begin_phase("clip");
  const profiler::Scope scope(Component::norms);
  const auto sq_norms = kernels::guard(parts);
  Gradients out{losses.detach(), sq_norms.safe_sq.sqrt(), sq_norms.sq.clamp_min(0).sqrt(), {}};
  out.factors = clipping.clip(out.norms, clipping.clip_norm);
  return out;
}

Factors sum_factors(const Tensor& factors, const Tensor& losses, const GradientRelease& release) {
  return kernels::make_factors(factors, release.expected_batch(),
                               kernels::wide_dtype(losses.scalar_type()));
}

double group_clip_norm(const Clipping& clipping, const Model& model) {
  return clipping.clip_norm / std::sqrt(static_cast<double>(model.layers().size()));
}

}  // namespace clipbench::bench
