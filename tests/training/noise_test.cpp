// The release's noise: normal, of the size that was asked for, and independent of everything else.
#include <cmath>

#include <gtest/gtest.h>

#include <ATen/Context.h>
#include <ATen/ops/arange.h>
#include <ATen/ops/cat.h>
#include <ATen/ops/erf.h>
#include <ATen/ops/maximum.h>

#include "tests/training/small_model.h"

namespace clipbench::bench::test {
namespace {

constexpr double kNoiseStd = 2, kExpectedBatch = 8;
constexpr double kTiny = 1e-12;  // a clip norm whose sums are far below the noise's rounding

/// A step's noise in its standard deviations, one tensor a parameter.
Tensors noise_of(const Model& model, GradientRelease& release) {
  release.release_noise_alone(model.layers());
  Tensors z;
  for (const auto& param : model.parameters()) {
    const auto noise = param.grad().to(at::kCPU, at::kDouble).flatten();
    z.push_back(noise.mul(kExpectedBatch / kNoiseStd));
  }
  model.zero_grad();
  return z;
}

/// sup |F_n − Φ|.
double kolmogorov_smirnov(const Tensor& values) {
  const auto x = std::get<0>(values.sort());
  const auto n = static_cast<double>(x.numel());
  const auto cdf = x.div(std::sqrt(2.0)).erf_().add_(1).div_(2);
  const auto rank = at::arange(x.numel(), at::kDouble);
  const auto above = rank.add(1).div_(n).sub_(cdf), below = cdf.sub(rank.div(n));
  return above.maximum(below).max().item<double>();
}

/// Σxy/(‖x‖‖y‖).
double correlation(const Tensor& x, const Tensor& y) {
  return x.mul(y).sum().div(x.norm().mul(y.norm())).item<double>();
}

struct Where {
  at::DeviceType device;
  at::ScalarType dtype;
};

class Noise : public testing::TestWithParam<Where> {
 protected:
  void SetUp() override {
    if (device.is_cuda() && !at::globalContext().hasCUDA()) GTEST_SKIP() << "no GPU";
    model = small_gpt2(64, GetParam().dtype, device);
  }
  GradientRelease release_of(std::uint64_t seed) const {
    return {{kNoiseStd, kExpectedBatch, seed}, device};
  }

  const at::Device device{GetParam().device, static_cast<at::DeviceIndex>(0)};
  std::unique_ptr<Model> model;
};

/// 2.6·10⁴ values a step; limits of 99.9 % and five standard errors, fixed seed.
TEST_P(Noise, IsStandardNormalByMomentsAndKolmogorovSmirnov) {
  auto release = release_of(3);
  const auto z = at::cat(noise_of(*model, release));
  const auto n = static_cast<double>(z.numel());
  // bf16 gradients are the noise rounded to steps of up to 2⁻⁸: F_n has steps of that size.
  const double steps = GetParam().dtype == at::kBFloat16 ? 0x1p-8 : 0;
  EXPECT_LE(kolmogorov_smirnov(z), 1.95 / std::sqrt(n) + steps);
  EXPECT_LE(std::abs(z.mean().item<double>()), 5 / std::sqrt(n));
  EXPECT_LE(std::abs(z.square().mean().item<double>() - 1), 5 * std::sqrt(2 / n));
  EXPECT_LE(std::abs(z.pow(3).mean().item<double>()), 5 * std::sqrt(15 / n));
  EXPECT_LE(std::abs(z.pow(4).mean().item<double>() - 3), 5 * std::sqrt(96 / n));
}

/// Every pair of tensors in this step and the next, and lags within a tensor.
TEST_P(Noise, IsUncorrelatedAcrossTensorsAndSteps) {
  auto release = release_of(3);
  auto all = noise_of(*model, release);
  for (auto& next : noise_of(*model, release)) all.push_back(next);
  for (std::size_t k = 0; k < all.size(); ++k) {
    for (std::size_t other = 0; other < k; ++other) {
      const auto n = std::min(all[k].numel(), all[other].numel());
      const double r = correlation(all[k].slice(0, 0, n), all[other].slice(0, 0, n));
      EXPECT_LE(std::abs(r), 5 / std::sqrt(static_cast<double>(n))) << k << ", " << other;
    }
  }
  const auto z = at::cat(all);
  for (const std::int64_t lag : {1, 2, 8, 16, 32, 1024}) {
    const double r = correlation(z.slice(0, lag), z.slice(0, 0, -lag));
    EXPECT_LE(std::abs(r), 5 / std::sqrt(static_cast<double>(z.numel() - lag))) << lag;
  }
}

/// Ranks are releases with seeds of their own: their sum has the variances' sum.
TEST_P(Noise, OfRanksAddsUp) {
  constexpr int ranks = 4;
  Tensor sum;
  Tensors each;
  for (int rank = 0; rank < ranks; ++rank) {
    auto release = release_of(100 + static_cast<std::uint64_t>(rank));
    each.push_back(at::cat(noise_of(*model, release)));
    sum = sum.defined() ? sum.add(each.back()) : each.back();
    for (int other = 0; other < rank; ++other) {
      const auto n = static_cast<double>(sum.numel());
      EXPECT_LE(std::abs(correlation(each.back(), each[static_cast<std::size_t>(other)])),
                5 / std::sqrt(n));
    }
  }
  const auto n = static_cast<double>(sum.numel());
  EXPECT_NEAR(sum.square().mean().item<double>() / ranks, 1, 5 * std::sqrt(2 / n));
}

/// Noise once a logical batch, however many physical ones there are; the same bits, even.
TEST_P(Noise, DoesNotGrowWithPhysicalBatches) {
  const auto batch = small_batch(6, 64, device);
  const auto schedule = schedule_of("bk", kTiny);
  Tensors expected;
  for (const std::int64_t physical : {0, 3, 1}) {
    schedule->set_physical_batch(physical);
    auto release = release_of(3);
    auto z = run_step(*schedule, *model, batch, release).sums;
    if (expected.empty()) expected = z;
    for (std::size_t k = 0; k < z.size(); ++k) {
      const double error = z[k].sub(expected[k]).abs().max().item<double>();
      EXPECT_LE(error, 1e-11) << physical << " " << model->parameter_names()[k];
    }
    const auto all = at::cat([&] {
      for (auto& part : z) part = part.flatten();
      return z;
    }());
    const double variance =
        all.square().mean().item<double>() * std::pow(kExpectedBatch / kNoiseStd, 2);
    EXPECT_NEAR(variance, 1, 5 * std::sqrt(2 / static_cast<double>(all.numel())));
  }
}

constexpr auto kName = [](const auto& info) {
  return std::string(c10::toString(info.param.dtype));
};

INSTANTIATE_TEST_SUITE_P(Dtypes, Noise,
                         testing::Values(Where{at::kCPU, at::kDouble}, Where{at::kCPU, at::kFloat},
                                         Where{at::kCPU, at::kBFloat16}),
                         kName);
INSTANTIATE_TEST_SUITE_P(Cuda, Noise,
                         testing::Values(Where{at::kCUDA, at::kDouble},
                                         Where{at::kCUDA, at::kFloat},
                                         Where{at::kCUDA, at::kBFloat16}),
                         kName);

class CudaNoise : public Noise {};

/// Methods visit layers in other orders, cut them into other blocks, and form some sums in f32 and
/// others in registers.
TEST_P(CudaNoise, DependsOnSeedStepParameterAndElementAlone) {
  const auto batch = small_batch(6, 64, device);
  auto alone = release_of(3);
  const auto expected = noise_of(*model, alone);
  for (const char* method :
       {"microbatch", "explicit", "flash_stored", "ghost", "bk", "per_layer"}) {
    for (const std::int64_t physical : {0, 4}) {
      const auto schedule = schedule_of(method, kTiny);
      schedule->set_physical_batch(physical);
      auto release = release_of(3);
      const auto z = run_step(*schedule, *model, batch, release).sums;
      for (std::size_t k = 0; k < z.size(); ++k) {
        const auto found = z[k].to(at::kCPU).flatten().mul(kExpectedBatch / kNoiseStd);
        const double error = found.sub(expected[k]).abs().max().item<double>();
        EXPECT_LE(error, 1e-10) << method << " " << physical << " " << model->parameter_names()[k];
      }
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Cuda, CudaNoise,
                         testing::Values(Where{at::kCUDA, at::kFloat},
                                         Where{at::kCUDA, at::kBFloat16}),
                         kName);

}  // namespace
}  // namespace clipbench::bench::test
