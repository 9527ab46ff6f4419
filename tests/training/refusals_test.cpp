// What has no meaning under clipping is refused in words; clip functions never exceed the bound.
#include <cmath>

#include <gtest/gtest.h>

#include <ATen/ops/tensor.h>

#include "tests/training/given_operands.h"
#include "tests/training/small_model.h"

namespace clipbench::bench::test {
namespace {

TEST(Refusals, AModuleThatIsCalledTwiceInEveryMethodThatWouldClipItsUsesApart) {
  for (const auto& method : private_methods()) {
    if (method == "microbatch") continue;  // autograd adds the uses before the norm
    for (const auto dtype : {at::kDouble, at::kFloat, at::kBFloat16}) {
      const ManyUses model(2, dtype);
      const auto schedule = schedule_of(method, 1);
      EXPECT_THROW(run_step(*schedule, model, model.batch()), c10::Error) << method << dtype;
      model.zero_grad();
    }
  }
}

TEST(UnusedParameters, GetNoiseAloneInEveryMethod) {
  for (const auto& method : private_methods()) {
    if (method == "per_layer") continue;  // its groups are the layers that it visits
    const ManyUses model(1, at::kDouble);
    for (const std::int64_t physical : {0, 2}) {
      const auto schedule = schedule_of(method, 1);
      schedule->set_physical_batch(physical);
      EXPECT_EQ(check_noise(*schedule, model, model.batch(), {2, 8, 5}), "") << method;
      EXPECT_EQ(check_contract(*schedule, model, model.batch(), clipping(1)).violation, "")
          << method;
    }
  }
}

TEST(UnusedParameters, KeepWhatEarlierPhysicalBatchesHeld) {
  const ManyUses model(1, at::kDouble);
  GradientRelease release({/*noise_std=*/0, /*expected_batch=*/1, /*seed=*/0}, at::kCPU);
  const auto form = [&](std::size_t layer, double value) {
    release.form(*model.layers()[layer], 0, [&](Tensor& sum, std::int64_t) { sum.add_(value); });
  };
  release.begin_physical_batch(/*first=*/true, /*last=*/false);
  form(0, 1);
  form(1, 1);
  release.begin_physical_batch(/*first=*/false, /*last=*/true);
  form(0, 1);
  release.release_unused(model.layers());
  EXPECT_EQ(model.parameters()[0].grad().max().item<double>(), 2);
  EXPECT_EQ(model.parameters()[1].grad().max().item<double>(), 1);
  EXPECT_EQ(model.parameters()[2].grad().max().item<double>(), 0);
}

TEST(ClipFunctions, NeverExceedTheBoundAndDropWhatIsNotFinite) {
  const double C = 0.7;
  std::vector<double> values{0, C, std::nextafter(C, 0), std::nextafter(C, 1), NAN, INFINITY};
  for (int exponent = -300; exponent <= 300; ++exponent) values.push_back(std::pow(10, exponent));
  const auto norms = at::tensor(values, at::kDouble);
  for (const auto& function : all_clip_functions()) {
    const auto factors = make_clip_function(function.name)(norms, C);
    for (std::size_t i = 0; i < values.size(); ++i) {
      const double c = factors[static_cast<std::int64_t>(i)].item<double>();
      const auto what = std::string(function.name) + " at " + std::to_string(values[i]);
      EXPECT_TRUE(std::isfinite(c) && c >= 0) << what;
      if (!std::isfinite(values[i])) {
        EXPECT_EQ(c, 0) << what;
      } else {
        EXPECT_LE(values[i] * c, C * (1 + 0x1p-52)) << what;
      }
    }
  }
}

}  // namespace
}  // namespace clipbench::bench::test
