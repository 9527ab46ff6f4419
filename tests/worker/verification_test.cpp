// The verification must notice methods that are wrong: each schedule here has one defect of the
// field.
#include "bench/worker/verification.h"

#include <cmath>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <ATen/ops/ones_like.h>

#include "tests/training/mutated_schedule.h"

namespace clipbench::bench {
namespace {

Case case_of(const std::string& method) {
  return parse_case("gpt2_tiny/" + method + "/T:8/B:2/f32/cpu");
}

Clipping clipping() { return {make_clip_function("abadi"), 1}; }

/// What is verified of book-keeping with a defect.
reporters::Verification verified(test::ScheduleDefect defect, const Path& timed_path = {}) {
  test::MutatedSchedule schedule(clipping(), std::move(defect));
  return verify(schedule, case_of("bk"), timed_path);
}

test::ScheduleDefect spoiled(std::function<void(const Model&)> spoil) {
  return {{}, {}, {}, std::move(spoil)};
}

using Change = Tensor (*)(const Tensor& factors, const Tensor& norms);

test::ScheduleDefect factors(Change change) {
  return {{}, [=](const Gradients& g) { return change(g.factors, g.norms); }, {}, {}};
}

TEST(Verification, AcceptsTheRightMethod) {
  const auto out = verified({});
  EXPECT_EQ(out.detail, "");
  EXPECT_EQ(out.evidence->levels, (std::vector<std::string>{"L0", "L1 reduced", "L2"}));
}

TEST(Verification, NoticesABiasThatIsOffByAMillionth) {
  const auto out = verified(spoiled(
      [](const Model& model) { model.layers()[3]->params[1].mutable_grad().mul_(1 + 1e-6); }));
  EXPECT_NE(out.detail, "");
  EXPECT_EQ(out.worst_parameter, "h.0.attn.q.bias");
}

TEST(Verification, NoticesALayerNormThatIsLeftOut) {
  const auto out = verified(
      spoiled([](const Model& model) { model.layers()[2]->params[0].mutable_grad().zero_(); }));
  EXPECT_NE(out.detail, "");
}

TEST(Verification, NoticesAParameterWithoutAGradient) {
  const auto out = verified(
      spoiled([](const Model& model) { model.layers()[2]->params[1].mutable_grad().reset(); }));
  EXPECT_EQ(out.worst_parameter, "h.0.ln_1.bias");
  EXPECT_NE(out.detail, "");
}

TEST(Verification, NoticesNaN) {
  const auto out = verified(
      spoiled([](const Model& model) { model.layers()[0]->params[0].mutable_grad().fill_(NAN); }));
  EXPECT_NE(out.detail, "");
}

TEST(Verification, NoticesAPathThatDoesNotClip) {
  const auto schedule = make_schedule(find_method("bk"), {make_clip_function("abadi"), 1e9});
  EXPECT_NE(verify(*schedule, case_of("bk")).detail, "");
  const auto ones = [](const Gradients& g) { return at::ones_like(g.factors); };
  EXPECT_NE(verified({{}, ones, {}, {}}).detail, "");  // says so
  EXPECT_NE(verified({{}, {}, ones, {}}).detail, "");  // claims that it clips
}

TEST(Verification, NoticesClippingInTheFirstStepsAlone) {
  for (const int clipped : {1, 2, 3}) {  // L0 takes three steps, L1 and L2 one each
    int steps = 0;
    const auto later_ones = [&](const Gradients& g) {
      return steps++ < clipped ? g.factors : at::ones_like(g.factors);
    };
    EXPECT_NE(verified({{}, {}, later_ones, {}}).detail, "") << clipped;
  }
}

TEST(Verification, NoticesWrongFactors) {
  const Change changes[] = {
      [](const Tensor& c, const Tensor&) { return c.to(at::kFloat).to(at::kDouble); },
      [](const Tensor& c, const Tensor&) { return c.mul(1 + 1e-9); },
      [](const Tensor&, const Tensor& n) { return n.reciprocal(); },
      [](const Tensor& c, const Tensor&) { return c.mean().expand(c.sizes()); },
  };
  for (const auto change : changes) EXPECT_NE(verified(factors(change)).detail, "");
}

TEST(Verification, NoticesWrongNorms) {
  using Norms = void (*)(Tensor & sq, Tensor & safe_sq);
  const Norms changes[] = {
      [](Tensor& sq, Tensor& safe_sq) { sq = safe_sq = sq.to(at::kBFloat16).to(at::kDouble); },
      [](Tensor& sq, Tensor& safe_sq) { safe_sq = sq.mul(1 - 1e-13); },
      [](Tensor& sq, Tensor& safe_sq) { sq = safe_sq = sq.mean().expand(sq.sizes()); },
  };
  for (const auto change : changes) EXPECT_NE(verified({change, {}, {}, {}}).detail, "");
}

/// What was timed ran another computation than what is verified.
TEST(Verification, NoticesThatAnotherPathWasTimed) {
  auto path = [] {
    test::MutatedSchedule schedule(clipping(), {});
    verify(schedule, case_of("bk"));
    return schedule.path();
  }();
  EXPECT_EQ(verified({}, path).detail, "");
  path.at("h.*.attn.q") = "tiled";
  EXPECT_THAT(verified({}, path).detail, testing::HasSubstr("h.*.attn.q ran as"));
}

TEST(TimedCheck, NoticesThatAnotherPathWasTimed) {
  const auto c = case_of("ghost");
  const auto recorder = profiler::Recorder::make(at::kCPU);
  Trainer trainer(c, {}, *recorder);
  trainer.step();
  auto path = trainer.schedule().path();
  trainer.drop_optimizer();
  EXPECT_EQ(check_timed(trainer, c, path).detail, "");
  path.at("head") = "materialise";
  EXPECT_EQ(check_timed(trainer, c, path).detail,
            "head ran as \"materialise\" when timed, as \"gram\" when verified");
  path.erase("head");
  path["nothing"] = "gram";
  EXPECT_NE(check_timed(trainer, c, path).detail, "");
}

}  // namespace
}  // namespace clipbench::bench
