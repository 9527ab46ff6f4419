// The verification must notice methods that are wrong: each schedule here has one defect of the
// field.
#include "bench/worker/verification.h"

#include <ATen/core/grad_mode.h>
#include <gtest/gtest.h>

namespace clipbench::bench {
namespace {

Case case_of(const std::string& method) {
  return parse_case("gpt2_tiny/" + method + "/T:8/B:2/f32/cpu");
}

/// A right schedule whose gradients are then spoiled.
class Spoiled final : public Schedule {
 public:
  Spoiled(double clip_norm, std::function<void(const Model&)> spoil)
      : inner_(make_schedule(find_method("bk"), {make_clip_function("abadi"), clip_norm})),
        spoil_(std::move(spoil)) {}

 private:
  Gradients do_step(const Model& model, const Batch& batch, GradientRelease& release) override {
    auto out = inner_->step(model, batch, release);
    const at::NoGradGuard no_grad;
    spoil_(model);
    return out;
  }

  std::unique_ptr<Schedule> inner_;
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
