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

using Shape = std::tuple<std::string, int, int>;  // method, B, T

std::string shape_name(const testing::TestParamInfo<Shape>& info) {
  const auto& [method, B, T] = info.param;
  return method + "_B" + std::to_string(B) + "_T" + std::to_string(T);
}

class Contract : public testing::TestWithParam<Shape> {
 protected:
  void expect_holds(bool tied_head, double slack = 1) {
    expect_holds(*small_gpt2(std::get<2>(GetParam()), at::kDouble, at::kCPU, tied_head), slack);
  }

  void expect_holds(const Model& inner, double slack = 1) {
    const auto& [method, B, T] = GetParam();
    const ScaledLosses model(inner, spread_by_first_token());
    const auto batch = small_batch(B, T);
    const auto C = slack * median_norm(model, batch);
    const auto report = check_contract(*schedule_of(method, C), model, batch, clipping(C));
    EXPECT_EQ(report.violation, "") << "C = " << C;
  }
};

TEST_P(Contract, HoldsAtTheMedianNorm) { expect_holds(/*tied_head=*/false); }

INSTANTIATE_TEST_SUITE_P(MethodsAndShapes, Contract,
                         testing::Combine(testing::ValuesIn(private_methods()),
                                          testing::Values(1, 3, 17),
                                          testing::Values(1, 7, 127, 1000)),
                         shape_name);
INSTANTIATE_TEST_SUITE_P(LongerThanATile, Contract,
                         testing::Combine(testing::ValuesIn(private_methods()), testing::Values(1),
                                          testing::Values(1025)),
                         shape_name);

class ContractWithSlack : public Contract {};
TEST_P(ContractWithSlack, Holds) { expect_holds(/*tied_head=*/false, /*slack=*/1e6); }
INSTANTIATE_TEST_SUITE_P(Methods, ContractWithSlack,
                         testing::Combine(testing::ValuesIn(private_methods()), testing::Values(3),
                                          testing::Values(7)),
                         shape_name);

class ContractOfLlama : public Contract {};
TEST_P(ContractOfLlama, Holds) { expect_holds(*small_llama(at::kDouble)); }
INSTANTIATE_TEST_SUITE_P(MethodsAndShapes, ContractOfLlama,
                         testing::Combine(testing::ValuesIn(private_methods()),
                                          testing::Values(1, 3), testing::Values(1, 7, 127)),
                         shape_name);

class ContractOfATiedLlama : public Contract {};
TEST_P(ContractOfATiedLlama, Holds) { expect_holds(*small_llama(at::kDouble, /*tied_head=*/true)); }
INSTANTIATE_TEST_SUITE_P(Methods, ContractOfATiedLlama,
                         testing::Combine(testing::ValuesIn(methods_for_a_tied_head()),
                                          testing::Values(3), testing::Values(7)),
                         shape_name);

class ContractOfATiedHead : public Contract {};
TEST_P(ContractOfATiedHead, Holds) { expect_holds(/*tied_head=*/true); }
INSTANTIATE_TEST_SUITE_P(MethodsAndShapes, ContractOfATiedHead,
                         testing::Combine(testing::ValuesIn(methods_for_a_tied_head()),
                                          testing::Values(1, 3), testing::Values(1, 7, 127)),
                         shape_name);

class EveryMethod : public testing::TestWithParam<std::string> {};

TEST_P(EveryMethod, NoisesEveryParameterAnewInEveryStep) {
  for (const auto dtype : {at::kFloat, at::kDouble}) {
    const auto model = small_gpt2(7, dtype);
    const auto schedule = schedule_of(GetParam(), 1);
    for (const auto B : {0, 3}) {
      const auto batch = small_batch(3, 7).samples(0, B);
      EXPECT_EQ(check_noise(*schedule, *model, batch, {/*noise_std=*/2, /*expected_batch=*/8, 5}),
                "");
    }
  }
}

TEST_P(EveryMethod, DividesSumAndNoiseByTheExpectedBatchNotTheRealisedOne) {
  const auto model = small_gpt2(7, at::kDouble);
  const auto batch = small_batch(3, 7);
  const auto schedule = schedule_of(GetParam(), 0.1);
  const auto whole = run_step(*schedule, *model, batch, {/*noise_std=*/1, /*expected_batch=*/1, 5});
  const auto mean = run_step(*schedule, *model, batch, {/*noise_std=*/1, /*expected_batch=*/8, 5});
  for (std::size_t k = 0; k < whole.sums.size(); ++k) {
    EXPECT_LE(whole.sums[k].sub(mean.sums[k].mul(8)).abs().max().item<double>(), 1e-12);
  }
}

TEST_P(EveryMethod, GivesTheSameThroughPhysicalBatches) {
  for (const bool tied_head : {false, GetParam() != "per_layer"}) {
    const auto model = small_gpt2(16, at::kDouble, at::kCPU, tied_head);
    const auto batch = small_batch(7, 16);
    const auto schedule = schedule_of(GetParam(), median_norm(*model, batch));
    const ReleaseOptions noised{/*noise_std=*/0.5, /*expected_batch=*/7, /*seed=*/5};
    const auto whole = run_step(*schedule, *model, batch, noised);
    schedule->set_physical_batch(3);
    const auto parts = run_step(*schedule, *model, batch, noised);
    // The order of first uses is the same, so the noise is, too: it is drawn once.
    const auto [error, parameter] = worst_gradient_error(*model, parts.sums, whole.sums);
    EXPECT_LE(error, kTolerance) << parameter;
    EXPECT_LE(parts.gradients.norms.sub(whole.gradients.norms).abs().max().item<double>(), 1e-12);
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
  for (const auto& sum : out.sums) EXPECT_TRUE(sum.isfinite().all().item<bool>());

  // The others' contributions: the same step where sample 1 is finite but clipped to nothing has
  // the same sums.
  const Batch others{at::cat({batch.ids.slice(0, 0, 1), batch.ids.slice(0, 2)}),
                     at::cat({batch.targets.slice(0, 0, 1), batch.targets.slice(0, 2)})};
  const auto expected = run_step(*schedule, *model, others);
  const auto [error, parameter] = worst_gradient_error(*model, out.sums, expected.sums);
  EXPECT_LE(error, 1e-6) << parameter;
}

TEST_P(EveryMethod, IsAsExactInBf16AsOneSampleAtATime) {
  const auto narrow = small_gpt2(32, at::kBFloat16);
  const auto wide = small_gpt2(32, at::kDouble);
  copy_parameters(*narrow, *wide);
  const auto batch = small_batch(8, 32);
  const auto actual = run_step(*schedule_of(GetParam(), 0.5), *narrow, batch);
  const auto& factors = actual.gradients.factors;
  const auto exact = sum_one_by_one(*wide, batch, factors);
  const auto [oracle_error, p1] =
      worst_gradient_error(*wide, sum_one_by_one(*narrow, batch, factors), exact);
  const auto [error, p2] = worst_gradient_error(*wide, actual.sums, exact);
  EXPECT_LE(error, 1.5 * oracle_error) << p2 << " against " << p1;
}

INSTANTIATE_TEST_SUITE_P(Methods, EveryMethod, testing::ValuesIn(private_methods()),
                         [](const auto& info) { return info.param; });

void expect_bitwise_equal_through_the_autograd_function(const Model& model) {
  const auto batch = small_batch(5, 33);
  const auto native = run_step(*schedule_of("vanilla", 1), model, batch);
  const auto sink = run_step(*make_vanilla_through_sink(), model, batch);
  for (std::size_t k = 0; k < native.sums.size(); ++k) {
    EXPECT_TRUE(at::equal(native.sums[k], sink.sums[k])) << model.parameter_names()[k];
  }
}

TEST(Vanilla, ThroughTheAutogradFunctionGivesBitwiseEqualGradients) {
  for (const auto dtype : {at::kFloat, at::kDouble, at::kBFloat16}) {
    SCOPED_TRACE(dtype);
    expect_bitwise_equal_through_the_autograd_function(*small_gpt2(33, dtype));
    expect_bitwise_equal_through_the_autograd_function(*small_llama(dtype));
  }
}

TEST(Llama, HasAsManyParametersAsItsClosedFormSays) {
  for (const bool tied_head : {false, true}) {
    std::int64_t count = 0;
    for (const auto& param : small_llama(at::kFloat, tied_head)->parameters())
      count += param.numel();
    EXPECT_EQ(count, kSmallLlama.parameters(/*seq=*/33, tied_head));
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
