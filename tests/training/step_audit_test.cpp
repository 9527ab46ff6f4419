// An auditor's view of released gradients: 10⁴ noised steps with one sample and 10⁴ without.
#include <cmath>

#include <gtest/gtest.h>

#include <ATen/Context.h>
#include <ATen/core/grad_mode.h>
#include <ATen/ops/cat.h>
#include <ATen/ops/ones.h>

#include "tests/training/given_operands.h"
#include "tests/training/small_model.h"

namespace clipbench::bench::test {
namespace {

constexpr int kSteps = 10000;
constexpr double kClipNorm = 0.5, kExpectedBatch = 4;

struct Moments {
  double mean = 0, variance = 0;
};

Moments moments_of(const std::vector<double>& values) {
  const auto n = static_cast<double>(values.size());
  Moments out;
  for (const double x : values) out.mean += x / n;
  for (const double x : values) out.variance += std::pow(x - out.mean, 2) / (n - 1);
  return out;
}

/// The released gradient along `direction`, times B̄, of kSteps steps whose sum is `sums`: what
/// changes from step to step is the release alone.
std::vector<double> audit(const Model& model, const Tensors& sums, const Tensors& direction,
                          GradientRelease& release) {
  const at::NoGradGuard no_grad;
  const auto& layer = *model.layers().front();
  const auto once = kernels::make_factors(at::ones({1}, sums.front().options()), kExpectedBatch,
                                          sums.front().scalar_type());
  std::vector<double> seen;
  for (int step = 0; step < kSteps; ++step) {
    release.begin_physical_batch(/*first=*/true, /*last=*/true);
    for (std::size_t k = 0; k < sums.size(); ++k) {
      release.weighted_sum(layer, k, sums[k].unsqueeze(0), once);
    }
    release.release_unused(model.layers());
    double along = 0;
    for (std::size_t k = 0; k < sums.size(); ++k) {
      along += layer.params[k].grad().to(at::kDouble).mul(direction[k]).sum().item<double>();
    }
    model.zero_grad();
    seen.push_back(along * kExpectedBatch);
  }
  return seen;
}

struct Where {
  at::DeviceType device;
  at::ScalarType dtype;
};

class StepAudit : public testing::TestWithParam<Where> {};

/// The optimal test between the two is a threshold along the canary's own gradient, of norm C.
TEST_P(StepAudit, TheCanaryShiftsTheReleaseByOneOverSigma) {
  const auto [type, dtype] = GetParam();
  if (type == at::kCUDA && !at::globalContext().hasCUDA()) GTEST_SKIP() << "no GPU";
  const at::Device device(type, static_cast<at::DeviceIndex>(0));
  const double sigma = 1.5;
  const GivenOperands model(normal({3, 4, 6}, 1, dtype).to(device),
                            normal({3, 4, 5}, 2, dtype).to(device));
  const auto schedule = schedule_of("flash_clip", kClipNorm);
  const auto with = wide_step(*schedule, model, model.batch()).sums;
  const auto without = wide_step(*schedule, model, model.batch().samples(0, 2)).sums;
  Tensors direction;
  double sq = 0;
  for (std::size_t k = 0; k < with.size(); ++k) {
    direction.push_back(with[k].to(at::kDouble).sub(without[k]));
    sq += direction[k].square().sum().item<double>();
  }
  EXPECT_NEAR(std::sqrt(sq), kClipNorm, 1e-2 * kClipNorm);  // the canary is clipped: all of C
  for (auto& part : direction) part.div_(std::sqrt(sq));

  GradientRelease first({sigma * kClipNorm, kExpectedBatch, /*seed=*/11}, device);
  GradientRelease second({sigma * kClipNorm, kExpectedBatch, /*seed=*/12}, device);
  const auto in = moments_of(audit(model, with, direction, first));
  const auto out = moments_of(audit(model, without, direction, second));
  const double found = (in.mean - out.mean) / std::sqrt((in.variance + out.variance) / 2);
  // Two means of n draws and a deviation from 2n: variance 2/n + found²/(4n).
  const double n = kSteps, error = std::sqrt(2 / n + found * found / (4 * n));
  EXPECT_NEAR(found, 1 / sigma, 3.2905 * error);  // the 99.9 % interval
}

constexpr auto kName = [](const auto& info) {
  return std::string(c10::toString(info.param.dtype));
};

INSTANTIATE_TEST_SUITE_P(Dtypes, StepAudit,
                         testing::Values(Where{at::kCPU, at::kFloat},
                                         Where{at::kCPU, at::kBFloat16}),
                         kName);
INSTANTIATE_TEST_SUITE_P(Cuda, StepAudit,
                         testing::Values(Where{at::kCUDA, at::kFloat},
                                         Where{at::kCUDA, at::kBFloat16}),
                         kName);

}  // namespace
}  // namespace clipbench::bench::test
