#include "bench/methods/schedule.h"

#include <cmath>

#include <ATen/core/grad_mode.h>
#include <ATen/ops/cat.h>
#include <ATen/ops/full_like.h>
#include <ATen/ops/ones_like.h>
#include <ATen/ops/zeros.h>
#include <torch/csrc/autograd/autograd.h>

#include "bench/methods/sinks.h"
#include "kernels/sample_sums.h"
#include "kernels/wide.h"
#include "profiler/observe.h"

namespace clipbench::bench {
namespace {

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

void backward(const char* phase, const Tensor& losses, const Tensor& seed, bool keep_graph) {
  begin_phase(phase);
  torch::autograd::backward({losses}, {seed}, keep_graph);
}

/// Every sample's own loss counts once: g_i is the gradient of losses[i].
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

/// Norms from their squares, and the factors, in the phase `clip`.
Gradients clip_all(const Clipping& clipping, const Tensor& losses, const Tensor& sq_norms) {
  begin_phase("clip");
  const profiler::Scope scope(Component::norms);
  Gradients out{losses.detach(), sq_norms.sqrt(), {}};
  out.factors = clipping.clip(out.norms, clipping.clip_norm);
  return out;
}

class Vanilla final : public Schedule {
  Gradients do_step(const Model& model, const Batch& batch, GradientRelease&) override {
    const auto losses = forward_whole_batch(model, batch, nullptr);
    backward_mean(losses);
    return {losses.detach(), {}, {}};
  }
};

class VanillaThroughSink final : public Schedule {
  Gradients do_step(const Model& model, const Batch& batch, GradientRelease&) override {
    GradSink sink;
    Tape tape{&sink};
    const auto losses = forward_whole_batch(model, batch, &tape);
    backward_mean(losses);
    return {losses.detach(), {}, {}};
  }
};

/// First pass norms alone, second pass the same backward of the unscaled losses with the factors
/// applied where weight gradients form.
class TwoPass final : public Schedule {
 public:
  TwoPass(NormWay way, Clipping clipping) : way_(way), clipping_(std::move(clipping)) {}

 private:
  Gradients do_step(const Model& model, const Batch& batch, GradientRelease& release) override {
    Tape tape;
    const auto losses = forward_whole_batch(model, batch, &tape);
    NormSink norms(way_, zero_norms(losses));
    tape.sink = &norms;
    backward_per_sample("backward", losses, /*keep_graph=*/true);

    auto out = clip_all(clipping_, losses, norms.sq_norms);
    const auto factors = kernels::make_factors(out.factors, release.expected_batch());
    SumSink sums(factors, release);
    tape.sink = &sums;
    backward_per_sample("backward2", losses, /*keep_graph=*/false);
    return out;
  }

  NormWay way_;
  Clipping clipping_;
};

/// One pass that keeps what the sums need; the sums are formed layer by layer afterwards.
class BookKeeping final : public Schedule {
 public:
  BookKeeping(NormWay way, Clipping clipping) : way_(way), clipping_(std::move(clipping)) {}

 private:
  Gradients do_step(const Model& model, const Batch& batch, GradientRelease& release) override {
    Tape tape;
    auto losses = forward_whole_batch(model, batch, &tape);
    KeepSink keep(way_, zero_norms(losses));
    tape.sink = &keep;
    backward_per_sample("backward", losses, /*keep_graph=*/false);

    auto out = clip_all(clipping_, losses, keep.sq_norms);
    losses.reset();
    const auto factors = kernels::make_factors(out.factors, release.expected_batch());
    const at::NoGradGuard no_grad;
    begin_phase("weighted_sum");
    for (auto& [layer, deferred] : keep.kept) {
      deferred(factors, release);
      deferred = nullptr;  // a and g go before the next layer's sum is formed
    }
    return out;
  }

  NormWay way_;
  Clipping clipping_;
};

/// One pass that stores every per-sample gradient; weighted sums afterwards.
class Stored final : public Schedule {
 public:
  explicit Stored(Clipping clipping) : clipping_(std::move(clipping)) {}

 private:
  Gradients do_step(const Model& model, const Batch& batch, GradientRelease& release) override {
    Tape tape;
    auto losses = forward_whole_batch(model, batch, &tape);
    StoreSink store(zero_norms(losses));
    tape.sink = &store;
    backward_per_sample("backward", losses, /*keep_graph=*/false);

    auto out = clip_all(clipping_, losses, store.sq_norms);
    losses.reset();
    const auto factors = kernels::make_factors(out.factors, release.expected_batch());
    const at::NoGradGuard no_grad;
    begin_phase("weighted_sum");
    for (auto& [layer, grads] : store.stored) sum_layer(*layer, grads, factors, release);
    return out;
  }

  static void sum_layer(const Layer& layer, Tensors& grads, const Factors& factors,
                        SumTarget& target) {
    for (std::size_t which = 0; which < grads.size(); ++which) {
      target.form(layer, which, [&](Tensor& sum, std::int64_t first_row) {
        const auto rows = grads[which].slice(1, first_row, first_row + sum.size(0));
        kernels::weighted_sum_(sum, rows, factors);
      });
      grads[which].reset();
    }
  }

  Clipping clipping_;
};

Clipping group_clipping(const Clipping& clipping, const Model& model) {
  const auto groups = static_cast<double>(model.layers().size());
  return {clipping.clip, clipping.clip_norm / std::sqrt(groups)};
}

/// Clip groups are layers, each with C/√layers, so the whole sum's sensitivity stays C.
class PerLayer final : public Schedule {
 public:
  PerLayer(NormWay way, Clipping clipping) : way_(way), clipping_(std::move(clipping)) {}

 private:
  Gradients do_step(const Model& model, const Batch& batch, GradientRelease& release) override {
    const auto group = group_clipping(clipping_, model);
    ClipNowSink sink(way_, group.clip, group.clip_norm, release.expected_batch(), release);
    Tape tape{&sink};
    const auto losses = forward_whole_batch(model, batch, &tape);
    backward_per_sample("backward", losses, /*keep_graph=*/false);
    return {losses.detach(), {}, {}};
  }

  NormWay way_;
  Clipping clipping_;
};

/// One sample at a time through native autograd. Subclasses say what one sample's gradients are
/// multiplied with.
class Microbatch : public Schedule {
 public:
  explicit Microbatch(Clipping clipping) : clipping_(std::move(clipping)) {}

 protected:
  /// {norm, factor} of the sample's gradients; scales them in place where a group has a factor of
  /// its own.
  virtual std::pair<Tensor, Tensor> clip_sample(const Model& model) const {
    Tensor sq_norm;
    for (const auto& param : model.parameters()) {
      const auto one = kernels::sq_norm_each(param.grad().unsqueeze(0));
      sq_norm = sq_norm.defined() ? sq_norm.add_(one) : one.clone();
    }
    const auto norm = sq_norm.sqrt();
    return {norm, clipping_.clip(norm, clipping_.clip_norm)};
  }

  Clipping clipping_;

 private:
  using Sums = std::vector<std::pair<const Layer*, Tensors>>;

  Gradients do_step(const Model& model, const Batch& batch, GradientRelease& release) override {
    Tensors losses, norms, factors;
    auto sums = empty_sums(model, release);
    for (std::int64_t i = 0; i < batch.size(); ++i) {
      const auto loss = forward(model, batch.samples(i, i + 1), nullptr);
      if (i == 0) profiler::snapshot("after_forward");
      backward_per_sample("backward", loss, /*keep_graph=*/false);
      begin_phase("clip");
      const auto [norm, factor] = clip_sample(model);
      add_sample(sums, kernels::make_factors(factor, release.expected_batch()).host[0]);
      model.zero_grad();
      losses.push_back(loss.detach());
      norms.push_back(norm);
      factors.push_back(factor);
    }
    for (auto& [layer, tensors] : sums) {
      for (std::size_t k = 0; k < tensors.size(); ++k)
        release.complete(*layer, k, 0, std::move(tensors[k]));
    }
    return {at::cat(losses), at::cat(norms), at::cat(factors)};
  }

  static Sums empty_sums(const Model& model, GradientRelease& release) {
    Sums sums;
    for (const auto& layer : model.layers()) {
      Tensors tensors;
      for (std::size_t k = 0; k < layer->params.size(); ++k) {
        tensors.push_back(release.accumulator(*layer, k, 0, layer->params[k].size(0)));
        profiler::claim(tensors.back(), Component::gradients, layer->name);
      }
      sums.emplace_back(layer.get(), std::move(tensors));
    }
    return sums;
  }

  static void add_sample(Sums& sums, double factor) {
    if (factor == 0) return;  // a gradient with NaN in it is not read
    for (auto& [layer, tensors] : sums) {
      for (std::size_t k = 0; k < tensors.size(); ++k)
        tensors[k].add_(layer->params[k].grad(), factor);
    }
  }
};

class MicrobatchPerLayer final : public Microbatch {
 public:
  using Microbatch::Microbatch;

 private:
  std::pair<Tensor, Tensor> clip_sample(const Model& model) const override {
    const auto group = group_clipping(clipping_, model);
    Tensor factor;
    for (const auto& layer : model.layers()) {
      Tensor sq_norm;
      for (const auto& param : layer->params) {
        const auto one = kernels::sq_norm_each(param.grad().unsqueeze(0));
        sq_norm = sq_norm.defined() ? sq_norm.add_(one) : one.clone();
      }
      factor = group.clip(sq_norm.sqrt(), group.clip_norm);
      for (const auto& param : layer->params) param.mutable_grad().mul_(factor);
    }
    return {factor, at::ones_like(factor)};
  }
};

void claim_gradients(const Model& model) {
  for (const auto& layer : model.layers()) {
    for (const auto& param : layer->params) {
      profiler::claim(param.grad(), Component::gradients, layer->name);
    }
  }
}

}  // namespace

Gradients Schedule::step(const Model& model, const Batch& batch, GradientRelease& release) {
  profiler::snapshot("before_forward");
  Gradients out;
  if (batch.size() > 0) {
    out = do_step(model, batch, release);
  } else {
    for (const auto& layer : model.layers()) {
      for (std::size_t k = 0; k < layer->params.size(); ++k) {
        release.form(*layer, k, [](Tensor&, std::int64_t) {});
      }
    }
  }
  profiler::end_phase();
  claim_gradients(model);
  profiler::snapshot("after_backward");
  return out;
}

std::unique_ptr<Schedule> make_schedule(const MethodInfo& method, Clipping clipping) {
  switch (method.schedule) {
    case ScheduleKind::vanilla:
      return std::make_unique<Vanilla>();
    case ScheduleKind::microbatch:
      return std::make_unique<Microbatch>(std::move(clipping));
    case ScheduleKind::stored:
      return std::make_unique<Stored>(std::move(clipping));
    case ScheduleKind::two_pass:
      return std::make_unique<TwoPass>(method.norm_way, std::move(clipping));
    case ScheduleKind::book_keeping:
      return std::make_unique<BookKeeping>(method.norm_way, std::move(clipping));
    case ScheduleKind::per_layer:
      return std::make_unique<PerLayer>(method.norm_way, std::move(clipping));
  }
  TORCH_INTERNAL_ASSERT(false, "a schedule without a case");
}

std::unique_ptr<Schedule> make_vanilla_through_sink() {
  return std::make_unique<VanillaThroughSink>();
}

std::unique_ptr<Schedule> make_microbatch_per_layer(Clipping clipping) {
  return std::make_unique<MicrobatchPerLayer>(std::move(clipping));
}

}  // namespace clipbench::bench
