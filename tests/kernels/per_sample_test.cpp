// Norms and clipped sums against gradients that are written out, on sizes that are no multiple of
// anything.
#include <cmath>

#include <gtest/gtest.h>

#include <ATen/ops/arange.h>
#include <ATen/ops/bmm.h>
#include <ATen/ops/randint.h>
#include <ATen/ops/randn.h>
#include <ATen/ops/tensor.h>
#include <ATen/ops/zeros.h>

#include "kernels/embedding.h"
#include "kernels/layer_norm.h"
#include "kernels/linear_norms.h"
#include "kernels/linear_sum.h"
#include "kernels/sample_sums.h"
#include "kernels/wide.h"

namespace clipbench::kernels {
namespace {

constexpr double kTolerance = 1e-13;  // f64, sums of some thousand products

double relative(const at::Tensor& actual, const at::Tensor& expected) {
  return (actual.sub(expected).norm().div(expected.norm())).item<double>();
}

Factors factors_of(std::vector<double> values) {
  return make_factors(at::tensor(values, at::kDouble), /*expected_batch=*/1, at::kDouble);
}

struct Shape {
  std::int64_t B, T, p, d;
};

class LinearNorms : public testing::TestWithParam<Shape> {
 protected:
  void SetUp() override {
    const auto [B, T, p, d] = GetParam();
    a = at::randn({B, T, p}, at::kDouble);
    g = at::randn({B, T, d}, at::kDouble);
    gradients = at::bmm(g.transpose(1, 2), a);  // [B,d,p]
    expected = gradients.pow(2).sum(at::IntArrayRef{1, 2});
  }
  at::Tensor a, g, gradients, expected;
};

TEST_P(LinearNorms, AllWaysGiveTheGradientsNorm) {
  EXPECT_LE(relative(linear_sq_norms_gram(a, g), expected), kTolerance);
  EXPECT_LE(relative(linear_sq_norms_fused_gram(a, g), expected), kTolerance);
  EXPECT_LE(relative(linear_sq_norms_tiled(a, g), expected), kTolerance);
  EXPECT_LE(relative(linear_sq_norms_width(a, g), expected), kTolerance);
  EXPECT_LE(relative(linear_sq_norms_materialise(a, g), expected), kTolerance);
}

TEST_P(LinearNorms, MagnitudesAreSumsOfRowNorms) {
  const auto of_a = a.square().sum(2).sqrt(), of_g = g.square().sum(2).sqrt();  // [B,T]
  const auto magnitudes = linear_norms_fused_gram(a, g).magnitudes;
  EXPECT_LE(relative(magnitudes.products, of_a.mul(of_g).sum(1)), kTolerance);
  EXPECT_LE(relative(magnitudes.gradients, of_g.sum(1)), kTolerance);
  EXPECT_LE(relative(sum_of_row_norms(g), magnitudes.gradients), kTolerance);
}

TEST_P(LinearNorms, StoredGradientsCarryTheirNorm) {
  const auto stored = linear_stored_gradients(a, g);
  EXPECT_LE(relative(stored.gradients, gradients), kTolerance);
  EXPECT_LE(relative(stored.sq_norms, expected), kTolerance);
}

TEST_P(LinearNorms, BiasIsTheNormOfTheSumOverTokens) {
  EXPECT_LE(relative(bias_sq_norms(g), g.sum(1).pow(2).sum(1)), kTolerance);
}

TEST_P(LinearNorms, ClippedSumFormsAnyBlockOfRows) {
  const auto B = GetParam().B, d = GetParam().d;
  const auto factors = factors_of(std::vector<double>(static_cast<std::size_t>(B), 0.25));
  const auto expected_sum = gradients.sum(0).mul(0.25);
  const auto first = d / 3;
  auto block = at::zeros({d - first, GetParam().p}, at::kDouble);
  linear_clipped_sum_(block, a, g, factors, first);
  EXPECT_LE(relative(block, expected_sum.slice(0, first)), kTolerance);
}

INSTANTIATE_TEST_SUITE_P(Shapes, LinearNorms,
                         testing::Values(Shape{1, 1, 1, 1}, Shape{3, 7, 5, 11},
                                         Shape{2, 129, 513, 100}, Shape{2, 33, 100, 1025},
                                         Shape{17, 2, 31, 3}, Shape{1, 1100, 3, 5}));

TEST(LinearClippedSum, ASampleWithFactorZeroDoesNotCountWhateverItHolds) {
  auto a = at::randn({3, 4, 5}, at::kDouble), g = at::randn({3, 4, 6}, at::kDouble);
  const auto expected = at::bmm(g.transpose(1, 2), a);
  a.select(0, 1).fill_(NAN);
  g.select(0, 1).fill_(INFINITY);
  auto sum = at::zeros({6, 5}, at::kDouble), bias = at::zeros({6}, at::kDouble);
  linear_clipped_sum_(sum, a, g, factors_of({0.5, 0, 2}), 0);
  weighted_sum_(bias, token_sums(g).sums, factors_of({0.5, 0, 2}));
  EXPECT_LE(relative(sum, expected[0].mul(0.5).add(expected[2].mul(2))), kTolerance);
  EXPECT_TRUE(bias.isfinite().all().item<bool>());
}

TEST(ScaledSamples, ARowWithFactorZeroBecomesZero) {
  auto rows = at::randn({3, 4}, at::kDouble);
  rows.select(0, 2).fill_(NAN);
  const auto scaled = scaled_samples(rows, factors_of({1, 3, 0}), 0);
  EXPECT_LE(relative(scaled[1], rows[1].mul(3)), kTolerance);
  EXPECT_EQ(scaled[2].abs().sum().item<double>(), 0);
}

TEST(SampleChunks, CoverTheBatchOnceAndHoldAtLeastOneSample) {
  std::vector<std::pair<std::int64_t, std::int64_t>> chunks;
  for_sample_chunks(5, 16 << 20, [&](auto begin, auto end) { chunks.emplace_back(begin, end); });
  EXPECT_EQ(chunks, (decltype(chunks){{0, 2}, {2, 4}, {4, 5}}));
  chunks.clear();
  for_sample_chunks(2, std::int64_t{1} << 40,
                    [&](auto begin, auto end) { chunks.emplace_back(begin, end); });
  EXPECT_EQ(chunks.size(), 2u);
}

TEST(LayerNorm, MagnitudeIsAtLeastThatOfItsTerms) {
  const auto x = at::randn({3, 41, 24}, at::kDouble), g = at::randn({3, 41, 24}, at::kDouble);
  const auto mean = x.mean(2, /*keepdim=*/true);
  const auto rstd = x.var(2, /*unbiased=*/false, /*keepdim=*/true).rsqrt();
  const auto of_bias = g.abs().sum(1), of_weight = x.sub(mean).mul(rstd).mul(g).abs().sum(1);
  const auto exact = of_bias.square().add(of_weight.square()).sum(1).sqrt();
  const auto found = layer_norm_sample_gradients(x, mean, rstd, g, /*magnitude=*/true);
  EXPECT_TRUE(found.magnitude.ge(exact).all().item<bool>());
  EXPECT_FALSE(layer_norm_sample_gradients(x, mean, rstd, g).magnitude.defined());
}

class Embedding : public testing::Test {
 protected:
  /// Per-sample gradients [B,V,d] written out.
  at::Tensor gradients() const {
    auto all = at::zeros({kB, kV, kD}, at::kDouble);
    for (std::int64_t b = 0; b < kB; ++b) all.select(0, b).index_add_(0, ids[b], g[b]);
    return all;
  }
  static constexpr std::int64_t kB = 3, kT = 41, kV = 13, kD = 7;
  at::Tensor ids = at::randint(0, kV, {kB, kT}, at::kLong);  // every id repeats
  at::Tensor g = at::randn({kB, kT, kD}, at::kDouble);
};

TEST_F(Embedding, RowsOfEqualIdsAreAddedBeforeTheNorm) {
  const auto expected = gradients().pow(2).sum(at::IntArrayRef{1, 2});
  EXPECT_LE(relative(embedding_sq_norms(ids, g), expected), kTolerance);
}

TEST_F(Embedding, ClippedSumFormsAnyBlockOfRows) {
  const auto factors = factors_of({1, 0, 0.5});
  const auto all = gradients();
  const auto expected = all[0].add(all[2].mul(0.5));
  auto first = at::zeros({5, kD}, at::kDouble), rest = at::zeros({kV - 5, kD}, at::kDouble);
  const EmbeddingSum rows(ids, g, factors);
  rows.add_to_(first, 0);
  rows.add_to_(rest, 5);
  EXPECT_LE(relative(first, expected.slice(0, 0, 5)), kTolerance);
  EXPECT_LE(relative(rest, expected.slice(0, 5)), kTolerance);
}

TEST(LinearNormsBf16, ProductsAreNotRoundedToBf16) {
  const auto a = at::randn({2, 64, 96}, at::kFloat).to(at::kBFloat16);
  const auto g = at::randn({2, 64, 80}, at::kFloat).to(at::kBFloat16);
  const auto wide_a = a.to(at::kDouble), wide_g = g.to(at::kDouble);
  const auto exact = at::bmm(wide_g.transpose(1, 2), wide_a).pow(2).sum(at::IntArrayRef{1, 2});
  for (const auto& norms : {linear_sq_norms_gram(a, g), linear_sq_norms_tiled(a, g)}) {
    EXPECT_LE(relative(norms.to(at::kDouble), exact), 1e-5);  // bf16 products would be off by 1e-3
  }
}

TEST(Factors, AreRoundedTowardZeroAndEqualOnBothSides) {
  const auto exact = at::tensor(std::vector<double>{0.1, 1.0 / 3, 1, 0, 2.0 / 3}, at::kDouble);
  const auto factors = make_factors(exact, /*expected_batch=*/7, at::kFloat);
  const auto stored = factors.device.to(at::kDouble);
  for (std::int64_t i = 0; i < exact.numel(); ++i) {
    const double wanted = exact[i].item<double>() / 7, got = stored[i].item<double>();
    EXPECT_LE(got, wanted);
    EXPECT_GE(got, wanted * (1 - 0x1p-23));
    EXPECT_EQ(factors.host()[static_cast<std::size_t>(i)], got);
  }
}

TEST(SqNormEach, DoesNotLoseSmallSquaresBesideALargeSum) {
  const auto x = at::randn({1, 20000, 768}, at::kFloat);
  const auto exact = x.to(at::kDouble).square().sum().item<double>();
  EXPECT_LE(std::abs(sq_norm_each(x).item<double>() / exact - 1), 2e-7);  // one sweep: 2e-3
}

}  // namespace
}  // namespace clipbench::kernels
