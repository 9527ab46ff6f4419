// The verification must notice methods that are wrong: each schedule here has one defect of the
// field.
#include "bench/worker/verification.h"
#include "bench/methods/passes.h"
#include "bench/methods/sinks.h"

#include <ATen/core/grad_mode.h>
#include <gtest/gtest.h>

namespace clipbench::bench {
namespace {

Case case_of(const std::string& method) {
  return parse_case("gpt2_tiny/" + method + "/T:8/B:2/f32/cpu");
}

/// Book-keeping whose gradients are then spoiled.
class Spoiled final : public Schedule {
 public:
  Spoiled(double clip_norm, std::function<void(const Model&)> spoil)
      : Schedule(NormWay::gram),
        clipping_{make_clip_function("abadi"), clip_norm},
        spoil_(std::move(spoil)) {}

 private:
  Gradients do_step(const Model& model, const Batch& batch, GradientRelease& release,
                    std::int64_t) override {
    Tape tape;
    const auto losses = forward_whole_batch(model, batch, &tape);
    KeepSink keep(plan());
    tape.sink = watched(keep);
    backward_per_sample("backward", losses, /*keep_graph=*/false);
    auto out = clip_all(clipping_, losses, keep.parts);
    const at::NoGradGuard no_grad;
    const auto factors = sum_factors(out.factors, losses, release);
    for (const auto& [layer, deferred] : keep.kept) deferred(factors, release);
    if (model.parameters().front().grad().defined()) spoil_(model);
    return out;
  }

  Clipping clipping_;
  std::function<void(const Model&)> spoil_;
};

TEST(Verification, AcceptsTheRightMethod) {
  Spoiled schedule(1, [](const Model&) {});
  EXPECT_EQ(verify(schedule, case_of("bk")).detail, "");
}

TEST(Verification, NoticesABiasThatIsOffByAMillionth) {
  Spoiled schedule(
      1, [](const Model& model) { model.layers()[3]->params[1].mutable_grad().mul_(1 + 1e-6); });
  const auto out = verify(schedule, case_of("bk"));
  EXPECT_NE(out.detail, "");
  EXPECT_EQ(out.worst_parameter, "h.0.attn.q.bias");
}

TEST(Verification, NoticesALayerNormThatIsLeftOut) {
  Spoiled schedule(1,
                   [](const Model& model) { model.layers()[2]->params[0].mutable_grad().zero_(); });
  EXPECT_NE(verify(schedule, case_of("bk")).detail, "");
}

TEST(Verification, NoticesAPathThatDoesNotClip) {
  const auto schedule = make_schedule(find_method("bk"), {make_clip_function("abadi"), 1e9});
  EXPECT_NE(verify(*schedule, case_of("bk")).detail, "");
}

TEST(Verification, NoticesNaN) {
  Spoiled schedule(
      1, [](const Model& model) { model.layers()[0]->params[0].mutable_grad().fill_(NAN); });
  EXPECT_NE(verify(schedule, case_of("bk")).detail, "");
}

}  // namespace
}  // namespace clipbench::bench
