// One contract for every method, in f64 against one sample at a time.
#include <cmath>
#include <tuple>

#include <gtest/gtest.h>

#include <ATen/core/grad_mode.h>
#include <ATen/ops/cat.h>
#include <ATen/ops/equal.h>

#include "tests/training/small_model.h"

namespace clipbench::bench::test {
namespace {

// f64 sums of a few thousand products reordered: 1e-15 is typical, 1e-12 leaves three digits.
constexpr double kTolerance = 1e-12;

using Shape = std::tuple<std::string, int, int>;  // method, B, T

class Contract : public testing::TestWithParam<Shape> {
 protected:
  void SetUp() override {
    const auto& [method, B, T] = GetParam();
    inner_ = small_gpt2(T, at::kDouble);
    model_ = std::make_unique<ScaledLosses>(*inner_, spread_by_first_token());
    batch_ = small_batch(B, T);
  }

  std::unique_ptr<Schedule> oracle(double clip_norm) const {
    if (std::get<0>(GetParam()) == "per_layer") {
      return make_microbatch_per_layer({make_clip_function("abadi"), clip_norm});
    }
    return schedule_of("microbatch", clip_norm);
  }

  void expect_agrees(double clip_norm) {
    const auto& method = std::get<0>(GetParam());
    const auto expected = run_step(*oracle(clip_norm), *model_, batch_);
    const auto actual = run_step(*schedule_of(method, clip_norm), *model_, batch_);
    const auto [error, parameter] = worst_gradient_error(*model_, actual.grads, expected.grads);
    EXPECT_LE(error, kTolerance) << "C = " << clip_norm << ", worst parameter " << parameter;
    if (method == "per_layer") return;
    const auto norm_error =
        actual.gradients.norms.div(expected.gradients.norms).sub(1).abs().max().item<double>();
    EXPECT_LE(norm_error, kTolerance) << "norms, C = " << clip_norm;
  }

  double median_norm() {
    return run_step(*schedule_of("microbatch", 1), *model_, batch_)
        .gradients.norms.median()
        .item<double>();
  }

  std::unique_ptr<Model> inner_, model_;
  Batch batch_;
};

TEST_P(Contract, AgreesWithOneSampleAtATimeAtTheMedianNormAndWithSlack) {
  const auto C = median_norm();
  expect_agrees(C);
  expect_agrees(1e6 * C);
}

/// All but the oracle itself.
std::vector<std::string> methods_under_test() {
  auto methods = private_methods();
  std::erase(methods, "microbatch");
  return methods;
}

INSTANTIATE_TEST_SUITE_P(MethodsAndShapes, Contract,
                         testing::Combine(testing::ValuesIn(methods_under_test()),
                                          testing::Values(1, 3, 17),
                                          testing::Values(1, 7, 127, 1000)),
                         [](const auto& info) {
                           return std::get<0>(info.param) + "_B" +
                                  std::to_string(std::get<1>(info.param)) + "_T" +
                                  std::to_string(std::get<2>(info.param));
                         });

class EveryMethod : public testing::TestWithParam<std::string> {};

TEST_P(EveryMethod, GivesExactlyZeroForAnEmptyBatchWithoutNoise) {
  const auto model = small_gpt2(7, at::kDouble);
  const auto out = run_step(*schedule_of(GetParam(), 1), *model, small_batch(0, 7));
  for (const auto& grad : out.grads) EXPECT_TRUE(at::equal(grad, at::zeros_like(grad)));
}

TEST_P(EveryMethod, NoisesEveryParameterOfAnEmptyBatch) {
  const auto model = small_gpt2(7, at::kFloat);
  const auto out =
      run_step(*schedule_of(GetParam(), 1), *model, small_batch(0, 7), /*noise_std=*/2);
  for (const auto& grad : out.grads) EXPECT_GT(grad.abs().max().item<double>(), 0);
}

TEST_P(EveryMethod, DividesSumAndNoiseByTheExpectedBatchNotTheRealisedOne) {
  const auto model = small_gpt2(7, at::kDouble);
  const auto batch = small_batch(3, 7);
  const auto schedule = schedule_of(GetParam(), 0.1);
  const auto whole = run_step(*schedule, *model, batch, /*noise_std=*/1, /*expected_batch=*/1);
  const auto mean = run_step(*schedule, *model, batch, /*noise_std=*/1, /*expected_batch=*/8);
  for (std::size_t k = 0; k < whole.grads.size(); ++k) {
    EXPECT_LE(whole.grads[k].sub(mean.grads[k].mul(8)).abs().max().item<double>(), 1e-12);
  }
}

/// Token 60 stands in sample 1 alone; its embedding is then made NaN.
TEST_P(EveryMethod, DoesNotReadASampleWhoseNormIsNotFinite) {
  if (GetParam() == "per_layer") GTEST_SKIP() << "groups without the NaN still count that sample";
  const auto model = small_gpt2(16, at::kFloat);
  auto batch = small_batch(4, 16);
  batch.ids.clamp_max_(kVocabulary - 2);
  auto without = batch.samples(0, 1);
  const auto schedule = schedule_of(GetParam(), 0.5);
  batch.ids[1][3] = kVocabulary - 1;
  {
    at::AutoDispatchBelowADInplaceOrView no_autograd;
    model->layers().front()->params[0].select(0, kVocabulary - 1).fill_(NAN);
  }
  const auto out = run_step(*schedule, *model, batch);
  EXPECT_EQ(out.gradients.factors.select(0, 1).item<double>(), 0);
  for (const auto& grad : out.grads) EXPECT_TRUE(grad.isfinite().all().item<bool>());

  // The others' contributions: the same step where sample 1 is finite but clipped to nothing has
  // the same sums.
  const Batch others{at::cat({batch.ids.slice(0, 0, 1), batch.ids.slice(0, 2)}),
                     at::cat({batch.targets.slice(0, 0, 1), batch.targets.slice(0, 2)})};
  const auto expected = run_step(*schedule, *model, others);
  const auto [error, parameter] = worst_gradient_error(*model, out.grads, expected.grads);
  EXPECT_LE(error, 1e-6) << parameter;
}

TEST_P(EveryMethod, IsAsExactInBf16AsOneSampleAtATime) {
  if (GetParam() == "per_layer") GTEST_SKIP() << "another mechanism than the oracle's";
  const auto narrow = small_gpt2(32, at::kBFloat16);
  const auto wide = small_gpt2(32, at::kDouble);
  for (std::size_t k = 0; k < wide->parameters().size(); ++k) {
    at::AutoDispatchBelowADInplaceOrView no_autograd;
    wide->parameters()[k].copy_(narrow->parameters()[k]);
  }
  const auto batch = small_batch(8, 32);
  const auto exact = run_step(*schedule_of("microbatch", 0.5), *wide, batch);
  const auto oracle = run_step(*schedule_of("microbatch", 0.5), *narrow, batch);
  const auto actual = run_step(*schedule_of(GetParam(), 0.5), *narrow, batch);
  const auto [oracle_error, p1] = worst_gradient_error(*wide, oracle.grads, exact.grads);
  const auto [error, p2] = worst_gradient_error(*wide, actual.grads, exact.grads);
  EXPECT_LE(error, 1.5 * oracle_error) << p2 << " against " << p1;
}

INSTANTIATE_TEST_SUITE_P(Methods, EveryMethod, testing::ValuesIn(private_methods()),
                         [](const auto& info) { return info.param; });

TEST(Vanilla, ThroughTheAutogradFunctionGivesBitwiseEqualGradients) {
  for (const auto dtype : {at::kFloat, at::kDouble, at::kBFloat16}) {
    const auto model = small_gpt2(33, dtype);
    const auto batch = small_batch(5, 33);
    const auto native = run_step(*schedule_of("vanilla", 1), *model, batch);
    const auto sink = run_step(*make_vanilla_through_sink(), *model, batch);
    for (std::size_t k = 0; k < native.grads.size(); ++k) {
      EXPECT_TRUE(at::equal(native.grads[k], sink.grads[k]))
          << dtype << " " << model->parameter_names()[k];
    }
  }
}

TEST(Release, RefusesAParameterThatIsCompletedTwice) {
  const auto model = small_gpt2(7, at::kFloat);
  GradientRelease release({0, 1, 0}, at::kCPU);
  const auto& layer = *model->layers().back();
  const auto form = [&] { release.form(layer, 0, [](Tensor&, std::int64_t) {}); };
  form();
  EXPECT_THROW(form(), c10::Error);
}

}  // namespace
}  // namespace clipbench::bench::test
