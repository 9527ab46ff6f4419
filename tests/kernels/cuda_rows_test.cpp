// Kernels that are bound by memory, on a GPU: against f64 of the same operands, odd sizes, equal
// bits when repeated.
#include <ATen/ops/arange.h>
#include <ATen/ops/bmm.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/empty_like.h>
#include <ATen/ops/rand.h>
#include <ATen/ops/randint.h>
#include <ATen/ops/randn.h>
#include <ATen/ops/tensor.h>
#include <ATen/ops/zeros.h>

#include <cmath>

#include "cuda_test.h"
#include "kernels/embedding.h"
#include "kernels/layer_norm.h"
#include "kernels/noise.h"
#include "kernels/sample_sums.h"
#include "kernels/token_norms.h"

namespace clipbench::kernels {
namespace {

constexpr double kTolerance = 2e-6;  // f32 sums of some thousand terms
constexpr double kExcess = 1e-4;     // of upper bounds: some hundred roundings
constexpr double kHalfUlp = 3e-3;    // of bf16: 2⁻⁹ relative to the largest of a binade

class CudaRows : public CudaTest {
 protected:
  static Factors factors_of(std::vector<double> values) {
    return make_factors(at::tensor(values, at::kFloat).cuda(), 1, at::kFloat);
  }
  static at::Tensor weighted(const at::Tensor& rows, const Factors& factors) {
    return rows.to(at::kDouble).mul(factors.device.to(at::kDouble).view({-1, 1})).sum(0);
  }
  std::vector<double> some_factors(int count) const {
    std::vector<double> values;
    for (int b = 0; b < count; ++b) values.push_back(0.25 + 0.5 * (b % 5));
    return values;
  }
  Noise some_noise{.std = 0.5f, .seed = 42, .stream = 7};
};

TEST_F(CudaRows, WeightedSumIsAddedToWhatTheSumHolds) {
  for (const auto& options : {bf16, f16, f32}) {
    for (const std::int64_t n : {7, 77, 4096, 1000 * 1000 + 8}) {
      const auto rows = at::randn({19, n}, options);
      const auto factors = factors_of(some_factors(19));
      const auto noise = at::randn({n}, f32);
      auto sum = noise.clone(), again = noise.clone();
      weighted_sum_(sum, rows, factors);
      weighted_sum_(again, rows, factors);
      EXPECT_TRUE(sum.equal(again));
      EXPECT_LE(relative(sum, weighted(rows, factors).add(noise)), kTolerance) << n;
    }
  }
}

TEST_F(CudaRows, WeightedSumTakesColumnsOfWiderRows) {
  const auto rows = at::randn({5, 1000}, bf16).slice(1, 13, 900);
  const auto factors = factors_of(some_factors(5));
  auto sum = at::zeros({887}, f32);
  weighted_sum_(sum, rows, factors);
  EXPECT_LE(relative(sum, weighted(rows, factors)), kTolerance);
}

TEST_F(CudaRows, ARowWithFactorZeroDoesNotCountWhateverItHolds) {
  auto rows = at::randn({3, 512}, bf16);
  rows.select(0, 1).fill_(NAN);
  auto sum = at::zeros({512}, f32);
  weighted_sum_(sum, rows, factors_of({1, 0, 2}));
  EXPECT_LE(relative(sum, rows[0].to(at::kDouble).add(rows[2].to(at::kDouble), 2)), kTolerance);
}

TEST_F(CudaRows, ReleaseRoundsTheNoisySumOnce) {
  for (const auto& options : {bf16, f16}) {
    const auto rows = at::randn({6, 40, 31}, options);
    const auto factors = factors_of(some_factors(6));
    auto sum = at::empty({40, 31}, f32);
    set_noise_(sum, some_noise);
    weighted_sum_(sum, rows, factors);
    auto wide = at::empty({40, 31}, f32), narrow = at::empty({40, 31}, options);
    release_sums_(SumToRelease{wide, rows, factors.device, some_noise.stream}, some_noise);
    release_sums_(SumToRelease{narrow, rows, factors.device, some_noise.stream}, some_noise);
    EXPECT_LE(relative(wide, sum), kTolerance);
    EXPECT_TRUE(narrow.equal(wide.to(narrow.scalar_type())));
  }
}

/// More sums than a launch takes; odd sizes, columns of wider rows, rows for the first elements
/// only, a row that must not count.
TEST_F(CudaRows, ManySumsAreReleasedTogether) {
  std::vector<SumToRelease> sums;
  std::vector<at::Tensor> expected, again;
  for (std::int64_t k = 0; k < 300; ++k) {
    const auto n = k % 7 == 0 ? 20000 + 8 * k : 8 * k + k % 3 + 2, samples = 1 + k % 11;
    const auto& narrow = k % 4 < 2 ? bf16 : f16;
    auto rows = at::randn({samples, n}, k % 2 == 0 ? narrow : f32);
    const auto summed = k % 5 == 0 ? rows.slice(1, 1, n - n / 4) : rows;
    auto factors = factors_of(some_factors(static_cast<int>(samples)));
    factors.device[samples / 2].zero_();
    auto noise = some_noise;
    noise.stream = static_cast<std::uint64_t>(k);
    auto sum = at::empty({n}, f32);
    set_noise_(sum, noise);
    auto used = sum.slice(0, 0, summed.size(1));
    used.add_(weighted(summed, factors));
    rows.select(0, samples / 2).fill_(NAN);
    expected.push_back(sum);
    sums.push_back(
        {at::empty({n}, k % 3 == 0 ? f32 : narrow), summed, factors.device, noise.stream});
  }
  release_sums_(sums, some_noise);
  for (std::size_t k = 0; k < sums.size(); ++k) {
    const bool wide = sums[k].out.scalar_type() == at::kFloat;
    EXPECT_LE(relative(sums[k].out, expected[k]), wide ? kTolerance : kHalfUlp) << k;
    again.push_back(sums[k].out);
    sums[k].out = at::empty_like(again[k]);
  }
  release_sums_(sums, some_noise);
  for (std::size_t k = 0; k < sums.size(); ++k) EXPECT_TRUE(sums[k].out.equal(again[k])) << k;
}

TEST_F(CudaRows, ASumWithoutNoiseHasNone) {
  const auto rows = at::randn({3, 1000}, bf16);
  const auto factors = factors_of(some_factors(3));
  const auto out = at::empty({1000}, f32);
  release_sums_(SumToRelease{out, rows, factors.device, /*noise_stream=*/1}, Noise{});
  EXPECT_LE(relative(out, weighted(rows, factors)), kTolerance);
}

TEST_F(CudaRows, NoiseIsStandardNormalTimesItsDeviation) {
  auto noise = at::empty({4 << 20}, f32);
  set_noise_(noise, some_noise);
  const auto z = noise.to(at::kDouble).div(0.5);
  EXPECT_NEAR(z.mean().item<double>(), 0, 3e-3);  // 6 standard errors
  EXPECT_NEAR(z.pow(2).mean().item<double>(), 1, 5e-3);
  EXPECT_NEAR(z.pow(3).mean().item<double>(), 0, 1.2e-2);
  EXPECT_NEAR(z.pow(4).mean().item<double>(), 3, 3e-2);
  EXPECT_NEAR(z.abs().gt(4).to(at::kDouble).mean().item<double>(), 6.3e-5, 2.5e-5);
  EXPECT_NEAR(z.slice(0, 1).mul(z.slice(0, 0, -1)).mean().item<double>(), 0, 3e-3);
}

TEST_F(CudaRows, NoiseDependsOnSeedStreamAndElementAlone) {
  auto whole = at::empty({1003}, f32), part = at::empty({502}, f32), other = at::empty({1003}, f32);
  set_noise_(whole, some_noise);
  auto from_501 = some_noise, other_stream = some_noise;
  from_501.first = 501;
  set_noise_(part, from_501);
  EXPECT_TRUE(part.equal(whole.slice(0, 501)));
  other_stream.stream = 8;
  set_noise_(other, other_stream);
  EXPECT_LE(std::abs(other.mul(whole).mean().item<double>()), 0.06);
}

TEST_F(CudaRows, LayerNormsGradientsArePerSample) {
  for (const auto& options : {bf16, f16, f32}) {
    for (const std::int64_t T : {1, 7, 129, 1000}) {
      const auto x = at::randn({3, T, 776}, options), g = at::randn({3, T, 776}, options);
      const auto mean = at::randn({3, T, 1}, f32), rstd = at::rand({3, T, 1}, f32);
      const auto out = layer_norm_sample_gradients(x, mean, rstd, g);
      const auto wide = g.to(at::kDouble);
      const auto weight =
          x.to(at::kDouble).sub(mean.to(at::kDouble)).mul(rstd.to(at::kDouble)).mul(wide).sum(1);
      EXPECT_LE(relative(out.weight, weight), kTolerance) << T;
      EXPECT_LE(relative(out.bias, wide.sum(1)), kTolerance) << T;
      EXPECT_LE(max_relative(out.sq_norms, weight.pow(2).sum(1).add(wide.sum(1).pow(2).sum(1))),
                kTolerance);
      EXPECT_TRUE(out.weight.equal(layer_norm_sample_gradients(x, mean, rstd, g).weight));
    }
  }
}

/// √(m_w² + m_b²) and what the kernel adds up, as f64: the norm over columns of both terms'
/// absolute values together.
TEST_F(CudaRows, LayerNormsMagnitudeLiesJustAboveItsTermsAbsoluteSums) {
  for (const auto& options : {bf16, f16, f32}) {
    for (const std::int64_t T : {1, 7, 129, 5000}) {
      const auto x = at::randn({3, T, 776}, options), g = at::randn({3, T, 776}, options);
      const auto mean = at::randn({3, T, 1}, f32), rstd = at::rand({3, T, 1}, f32);
      const auto plain = g.to(at::kDouble).abs();
      const auto normalised = x.to(at::kDouble).sub(mean).mul(rstd).abs().mul(plain);
      const auto m = layer_norm_sample_gradients(x, mean, rstd, g, /*magnitude=*/true).magnitude;
      const auto both = normalised.add(plain).sum(1).norm(2, 1);
      const auto apart = normalised.sum(1).square().add(plain.sum(1).square()).sum(1).sqrt();
      EXPECT_TRUE(m.to(at::kDouble).ge(apart).all().item<bool>()) << T;
      const auto excess = m.to(at::kDouble).div(both).sub(1);
      EXPECT_GE(excess.min().item<double>(), 0) << T;
      EXPECT_LE(excess.max().item<double>(), kExcess) << T;
      const auto rms = layer_norm_sample_gradients(x, {}, rstd, g, /*magnitude=*/true).magnitude;
      const auto of_weight = x.to(at::kDouble).mul(rstd).abs().mul(plain).sum(1).norm(2, 1);
      EXPECT_LE(std::abs(rms.to(at::kDouble).div(of_weight).sub(1).max().item<double>()), kExcess);
      EXPECT_TRUE(rms.to(at::kDouble).ge(of_weight).all().item<bool>()) << T;
    }
  }
}

TEST_F(CudaRows, RmsNormHasNoMeanAndNoBias) {
  const auto x = at::randn({2, 50, 64}, bf16), g = at::randn({2, 50, 64}, bf16);
  const auto rstd = at::rand({2, 50}, f32);
  const auto out = layer_norm_sample_gradients(x, {}, rstd, g);
  const auto weight =
      x.to(at::kDouble).mul(rstd.to(at::kDouble).unsqueeze(2)).mul(g.to(at::kDouble)).sum(1);
  EXPECT_FALSE(out.bias.defined());
  EXPECT_LE(relative(out.weight, weight), kTolerance);
  EXPECT_LE(max_relative(out.sq_norms, weight.pow(2).sum(1)), kTolerance);
}

TEST_F(CudaRows, TokenSumsAreABiasGradient) {
  for (const std::int64_t d : {8, 520, 1001}) {
    const auto g = at::randn({4, 300, d}, bf16);
    const auto [sums, sq_norms] = token_sums(g);
    const auto expected = g.to(at::kDouble).sum(1);
    EXPECT_LE(relative(sums, expected), kTolerance) << d;
    EXPECT_LE(max_relative(sq_norms, expected.pow(2).sum(1)), 2 * kTolerance) << d;
  }
}

TEST_F(CudaRows, RowNormsOfAnyWidthAddUpToJustAboveTheirSum) {
  for (const auto& options : {bf16, f16, f32}) {
    for (const std::int64_t d : {1, 8, 519, 50257}) {
      const auto g = at::randn({3, 37, d + 3}, options).slice(2, 0, d);
      const auto exact = g.to(at::kDouble).norm(2, 2).sum(1);
      const auto excess = sum_of_row_norms(g).to(at::kDouble).div(exact).sub(1);
      EXPECT_GE(excess.min().item<double>(), 0) << d;
      EXPECT_LE(excess.max().item<double>(), 1e-4) << d;
    }
  }
}

TEST_F(CudaRows, OfOneNarrowTypeAreNotReleasedAsTheOther) {
  const auto rows = at::randn({3, 64}, bf16);
  EXPECT_TRUE(releases(at::empty({64}, bf16), rows));
  EXPECT_TRUE(releases(at::empty({64}, f32), rows));
  EXPECT_FALSE(releases(at::empty({64}, f16), rows));
}

class CudaEmbedding : public CudaRows, public testing::WithParamInterface<std::int64_t> {
 protected:
  void SetUp() override {
    CudaRows::SetUp();
    if (IsSkipped()) return;
    ids = at::randint(0, GetParam(), {kB, kT}, f32.dtype(at::kLong));
    g = at::randn({kB, kT, kD}, GetParam() % 2 == 0 ? bf16 : f16);
    // [B,V,d] written out: one-hot [B,V,T] times g.
    const auto all = at::arange(GetParam(), ids.options()).view({1, -1, 1});
    gradients = at::bmm(ids.unsqueeze(1).eq(all).to(at::kDouble), g.to(at::kDouble));
  }
  static constexpr std::int64_t kB = 3, kT = 301, kD = 264;
  at::Tensor ids, g, gradients;
};

TEST_P(CudaEmbedding, RowsOfEqualIdsAreAddedBeforeTheNorm) {
  const auto norms = embedding_sq_norms(ids, g);
  EXPECT_LE(max_relative(norms, gradients.pow(2).sum(at::IntArrayRef{1, 2})), kTolerance);
  EXPECT_TRUE(norms.equal(embedding_sq_norms(ids, g)));
}

TEST_P(CudaEmbedding, ClippedSumFormsAnyBlockOfRowsAndLeavesOutFactorZero) {
  const auto expected = gradients[0].add(gradients[2], 0.5);
  g.select(0, 1).fill_(NAN);
  const auto factors = factors_of({1, 0, 0.5});
  const auto split = GetParam() / 3;
  const auto noise = at::randn({GetParam(), kD}, f32);
  auto first = noise.slice(0, 0, split).clone(), rest = noise.slice(0, split).clone();
  const EmbeddingSum rows(ids, g, factors);
  rows.add_to_(first, 0);
  rows.add_to_(rest, split);
  if (split > 0) {
    EXPECT_LE(relative(first, expected.slice(0, 0, split).add(noise.slice(0, 0, split))),
              kTolerance);
  }
  EXPECT_LE(relative(rest, expected.slice(0, split).add(noise.slice(0, split))), kTolerance);
  auto again = noise.slice(0, split).clone();
  EmbeddingSum(ids, g, factors).add_to_(again, split);
  EXPECT_TRUE(rest.equal(again));
}

INSTANTIATE_TEST_SUITE_P(Cuda, CudaEmbedding, testing::Values(1, 2, 13, 400, 5000));

}  // namespace
}  // namespace clipbench::kernels
