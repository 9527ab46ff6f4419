#include "bench/methods/schedule.h"

#include <ATen/core/grad_mode.h>

#include "bench/methods/passes.h"
#include "bench/methods/sinks.h"
#include "kernels/sample_sums.h"
#include "profiler/observe.h"

namespace clipbench::bench {
namespace {

using profiler::begin_phase;
using profiler::Component;

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
      return make_microbatch(std::move(clipping));
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

}  // namespace clipbench::bench
