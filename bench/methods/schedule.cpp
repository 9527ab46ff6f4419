#include "bench/methods/schedule.h"

#include <algorithm>

#include <ATen/core/grad_mode.h>
#include <ATen/ops/cat.h>
#include <ATen/ops/full_like.h>
#include <ATen/ops/ones_like.h>
#include <ATen/ops/stack.h>

#include "bench/methods/passes.h"
#include "bench/methods/sinks.h"
#include "profiler/observe.h"

namespace clipbench::bench {
namespace {

using profiler::begin_phase;
using profiler::Component;

/// The gradient of the logical batch's mean loss.
void backward_mean(const Tensor& losses, std::int64_t logical_batch) {
  const auto weight = 1.0 / static_cast<double>(logical_batch);
  backward("backward", losses, at::full_like(losses, weight), /*keep_graph=*/false);
}

class Vanilla final : public Schedule {
  Gradients do_step(const Model& model, const Batch& batch, GradientRelease&,
                    std::int64_t logical_batch) override {
    const auto losses = forward_whole_batch(model, batch, nullptr);
    backward_mean(losses, logical_batch);
    return {losses.detach(), {}, {}, {}};
  }
};

class VanillaThroughSink final : public Schedule {
  Gradients do_step(const Model& model, const Batch& batch, GradientRelease&,
                    std::int64_t logical_batch) override {
    GradSink sink;
    Tape tape{&sink};
    const auto losses = forward_whole_batch(model, batch, &tape);
    backward_mean(losses, logical_batch);
    return {losses.detach(), {}, {}, {}};
  }
};

/// First pass norms alone, second pass the same backward of the unscaled losses with the factors
/// applied where weight gradients form.
class TwoPass final : public Schedule {
 public:
  TwoPass(NormWay way, Clipping clipping) : Schedule(way), clipping_(std::move(clipping)) {}

 private:
  Gradients do_step(const Model& model, const Batch& batch, GradientRelease& release,
                    std::int64_t) override {
    Tape tape;
    const auto losses = forward_whole_batch(model, batch, &tape);
    NormSink norms(plan());
    tape.sink = watched(norms);
    backward_per_sample("backward", losses, /*keep_graph=*/true);

    auto out = clip_all(clipping_, losses, norms.parts);
    ran(std::move(norms.path));
    second_pass(tape, losses, out.factors, release);
    return out;
  }

  void second_pass(Tape& tape, const Tensor& losses, const Tensor& factors,
                   GradientRelease& release) const {
    const bool reweighted = clipping_.reweighted;
    const auto in_sum = reweighted ? factors.ne(0).to(factors.scalar_type()) : factors;
    const auto sum_with = sum_factors(in_sum, losses, release);
    SumSink sums(sum_with, release);
    tape.sink = watched(sums);
    backward("backward2", losses,
             reweighted ? factors.to(losses.scalar_type()) : at::ones_like(losses),
             /*keep_graph=*/false);
  }

  Clipping clipping_;
};

/// One pass that keeps what the sums need; the sums are formed layer by layer afterwards.
class BookKeeping final : public Schedule {
 public:
  BookKeeping(NormWay way, Clipping clipping) : Schedule(way), clipping_(std::move(clipping)) {}

 private:
  Gradients do_step(const Model& model, const Batch& batch, GradientRelease& release,
                    std::int64_t) override {
    Tape tape;
    auto losses = forward_whole_batch(model, batch, &tape);
    KeepSink keep(plan());
    tape.sink = watched(keep);
    backward_per_sample("backward", losses, /*keep_graph=*/false);

    auto out = clip_all(clipping_, losses, keep.parts);
    ran(std::move(keep.path));
    const auto factors = sum_factors(out.factors, losses, release);
    losses.reset();
    const at::NoGradGuard no_grad;
    begin_phase("weighted_sum");
    for (auto& [layer, deferred] : keep.kept) {
      deferred(factors, release);
      deferred = nullptr;  // a and g go before the next layer's sum is formed
    }
    return out;
  }

  Clipping clipping_;
};

/// One pass that stores every per-sample gradient; weighted sums afterwards.
class Stored final : public Schedule {
 public:
  Stored(NormWay way, Clipping clipping) : way_(way), clipping_(std::move(clipping)) {}

 private:
  Gradients do_step(const Model& model, const Batch& batch, GradientRelease& release,
                    std::int64_t) override {
    Tape tape;
    auto losses = forward_whole_batch(model, batch, &tape);
    StoreSink store(plan(), way_);
    tape.sink = watched(store);
    backward_per_sample("backward", losses, /*keep_graph=*/false);

    auto out = clip_all(clipping_, losses, store.parts);
    ran(std::move(store.path));
    const auto factors = sum_factors(out.factors, losses, release);
    losses.reset();
    const at::NoGradGuard no_grad;
    begin_phase("weighted_sum");
    for (auto& [layer, grads] : store.stored) sum_layer(*layer, grads, factors, release);
    return out;
  }

  static void sum_layer(const Layer& layer, Tensors& grads, const Factors& factors,
                        SumTarget& target) {
    for (std::size_t which = 0; which < grads.size(); ++which) {
      target.weighted_sum(layer, which, std::move(grads[which]), factors);
    }
  }

  NormWay way_;
  Clipping clipping_;
};

/// Clip groups are layers, each with C/√layers, so the whole sum's sensitivity stays C.
class PerLayer final : public Schedule {
 public:
  PerLayer(NormWay way, Clipping clipping) : Schedule(way), clipping_(std::move(clipping)) {}

 private:
  Gradients do_step(const Model& model, const Batch& batch, GradientRelease& release,
                    std::int64_t) override {
    ClipNowSink sink(plan(), clipping_.clip, group_clip_norm(clipping_, model),
                     release.expected_batch(), release);
    Tape tape{watched(sink)};
    const auto losses = forward_whole_batch(model, batch, &tape);
    backward_per_sample("backward", losses, /*keep_graph=*/false);
    ran(std::move(sink.path));
    return in_layer_order(model, losses, sink.groups);
  }

  static Gradients in_layer_order(const Model& model, const Tensor& losses,
                                  const std::map<const Layer*, ClipNowSink::Group>& groups) {
    Tensors norms, raw_norms, factors;
    for (const auto& layer : model.layers()) {
      const auto& group = groups.at(layer.get());
      norms.push_back(group.norms);
      raw_norms.push_back(group.raw_norms);
      factors.push_back(group.factors);
    }
    return {losses.detach(), at::stack(norms), at::stack(raw_norms), at::stack(factors)};
  }

  Clipping clipping_;
};

void claim_gradients(const Model& model) {
  for (const auto& layer : model.layers()) {
    for (const auto& param : layer->params) {
      profiler::claim(param.grad(), Component::gradients, layer->name);
    }
  }
}

Gradients joined(const std::vector<Gradients>& parts) {
  const auto join = [&](Tensor Gradients::*member) {
    Tensors tensors;
    for (const auto& part : parts) tensors.push_back(part.*member);
    return tensors.front().defined() ? at::cat(tensors, -1) : Tensor();
  };
  return {join(&Gradients::losses), join(&Gradients::norms), join(&Gradients::raw_norms),
          join(&Gradients::factors)};
}

}  // namespace

Gradients Schedule::step(const Model& model, const Batch& batch, GradientRelease& release) {
  profiler::snapshot("before_forward");
  path_.clear();
  auto out = step_physical_batches(model, batch, release);
  profiler::end_phase();
  claim_gradients(model);
  profiler::snapshot("after_backward");
  return out;
}

Gradients Schedule::step_physical_batches(const Model& model, const Batch& batch,
                                          GradientRelease& release) {
  const auto B = batch.size();
  if (B == 0) {
    release.release_noise_alone(model.layers());
    return {};
  }
  plan_ = forced_plan_ ? *forced_plan_ : make_plan(way_, model, batch.ids.size(1));
  const auto step = physical_batch_ > 0 ? std::min(physical_batch_, B) : B;
  std::vector<Gradients> parts;
  for (std::int64_t begin = 0; begin < B; begin += step) {
    const auto end = std::min(B, begin + step);
    release.begin_physical_batch(/*first=*/begin == 0, /*last=*/end == B);
    parts.push_back(do_step(model, batch.samples(begin, end), release, B));
  }
  release.release_unused(model.layers());
  return parts.size() == 1 ? std::move(parts.front()) : joined(parts);
}

std::unique_ptr<Schedule> make_schedule(const MethodInfo& method, Clipping clipping) {
  switch (method.schedule) {
    case ScheduleKind::vanilla:
      return std::make_unique<Vanilla>();
    case ScheduleKind::microbatch:
      return make_microbatch(std::move(clipping));
    case ScheduleKind::stored:
      return std::make_unique<Stored>(method.norm_way, std::move(clipping));
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

}  // namespace clipbench::bench
