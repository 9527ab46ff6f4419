// Linear layers' kernels on a GPU against f64 products of the same bf16 or f16 operands: sizes that
// are no multiple of a tile, samples that do not count, equal bits when repeated.
#include <ATen/Context.h>
#include <ATen/ops/bmm.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/empty_like.h>
#include <ATen/ops/full.h>
#include <ATen/ops/rand.h>
#include <ATen/ops/randn.h>
#include <ATen/ops/tensor.h>
#include <ATen/ops/zeros.h>
#include <ATen/ops/zeros_like.h>

#include <cmath>
#include <tuple>

#include "cuda_test.h"
#include "kernels/ampere/linear.h"
#include "kernels/hopper/linear.h"
#include "kernels/linear_norms.h"
#include "kernels/linear_on_cuda.h"
#include "kernels/linear_sum.h"

namespace clipbench::kernels {
namespace {

// f32 accumulators that truncate: at most 1e-5 at T ≤ 4096, measured.
constexpr double kNormTolerance = 1e-5;
constexpr double kGramTolerance = 4e-5;  // its terms cancel where the gradient's squares don't
constexpr double kSumTolerance = 2e-5;
constexpr double kOrderTolerance = 1e-6;  // of f32 squares added in another order
constexpr double kOneRounding = 1e-6;     // of f32, in another place
constexpr double kExcess = 1e-4;          // of upper bounds: 4097 columns · u/4, and some u

const Noise kNoise{.std = 3, .seed = 11, .stream = 5ull << 32 | 7};

struct Shape {
  std::int64_t B, T, p, d;
};

/// Σ_t ‖a_t‖‖g_t‖ and Σ_t ‖g_t‖ in f64.
TokenNorms exact_norms(const at::Tensor& a, const at::Tensor& g) {
  const auto of_a = a.to(at::kDouble).norm(2, 2), of_g = g.to(at::kDouble).norm(2, 2);
  return {of_a.mul(of_g).sum(1), of_g.sum(1)};
}

void expect_just_above(const at::Tensor& bound, const at::Tensor& exact) {
  const auto excess = bound.to(at::kDouble).div(exact).sub(1);
  EXPECT_GE(excess.min().item<double>(), -1e-15);
  EXPECT_LE(excess.max().item<double>(), kExcess);
}

void expect_just_above(const TokenNorms& bounds, const TokenNorms& exact) {
  expect_just_above(bounds.products, exact.products);
  expect_just_above(bounds.gradients, exact.gradients);
}

/// With the device's own kernels, or with those that every GPU has.
class EitherFamily : public CudaTest {
 protected:
  void use(bool portable) const { use_portable_kernels(portable); }
  void TearDown() override { use_portable_kernels(false); }

  bool on_hopper() const { return linear_family(at::kCUDA) == LinearFamily::hopper; }
};

using LinearCase = std::tuple<at::ScalarType, Shape, bool>;

std::string family_name(bool portable) { return portable ? "Portable" : "Own"; }

std::string case_name(const testing::TestParamInfo<LinearCase>& info) {
  const auto& [type, shape, portable] = info.param;
  std::string name = family_name(portable) + (type == at::kHalf ? "_f16" : "_bf16");
  for (const auto n : {shape.B, shape.T, shape.p, shape.d}) name += "_" + std::to_string(n);
  return name;
}

class CudaLinear : public EitherFamily, public testing::WithParamInterface<LinearCase> {
 protected:
  void SetUp() override {
    CudaTest::SetUp();
    if (IsSkipped()) return;
    use(std::get<2>(GetParam()));
    narrow = f32.dtype(narrow_type());
    const auto [B, T, p, d] = shape();
    const auto pitch = (d + 7) / 8 * 8;  // as a head's logits are laid out
    layer = {at::randn({B, T, p}, narrow), at::randn({B, T, pitch}, narrow).slice(2, 0, d)};
    gradients = products(layer);
    sq_norms = gradients.pow(2).sum(at::IntArrayRef{1, 2});
  }

  static at::ScalarType narrow_type() { return std::get<0>(GetParam()); }
  static Shape shape() { return std::get<1>(GetParam()); }

  /// g_bᵀ a_b in f64: [B,d,p].
  static at::Tensor products(const LinearOperands& of) {
    return at::bmm(of.g.to(at::kDouble).transpose(1, 2), of.a.to(at::kDouble));
  }

  static bool expects_kernels() { return shape().p % 8 == 0; }

  /// Random factors, every third 0.
  Factors some_factors() const {
    auto values = at::rand({shape().B}, at::kFloat).add_(0.05);
    for (std::int64_t b = 1; b < values.numel(); b += 3) values[b] = 0;
    return make_factors(values.cuda(), /*expected_batch=*/4, at::kFloat);
  }

  at::Tensor released(at::TensorOptions options, const Factors& factors, const Noise& noise) const {
    auto out = at::full({shape().d, shape().p}, NAN, options);
    linear_released_sums_(ReleasedProduct{out, layer, noise.stream}, factors, noise);
    return out;
  }

  at::Tensor expected_sum(const Factors& factors) const {
    return gradients.mul(factors.device.to(at::kDouble).view({-1, 1, 1})).sum(0);
  }

  at::TensorOptions narrow;
  LinearOperands layer;
  at::Tensor gradients, sq_norms;
};

TEST_P(CudaLinear, IsTakenWhereCopiesCanAddressIt) {
  EXPECT_EQ(cuda_takes(layer), expects_kernels());
}

TEST_P(CudaLinear, WidthNormIsTheGradientsNorm) {
  const auto norms = linear_sq_norms_width(layer.a, layer.g);
  EXPECT_LE(max_relative(norms, sq_norms), kNormTolerance);
  EXPECT_TRUE(norms.equal(linear_sq_norms_width(layer.a, layer.g)));
}

TEST_P(CudaLinear, FusedGramIsTheGradientsNorm) {
  const auto norms = linear_sq_norms_fused_gram(layer.a, layer.g);
  EXPECT_LE(max_relative(norms, sq_norms), kGramTolerance);
  EXPECT_TRUE(norms.equal(linear_sq_norms_fused_gram(layer.a, layer.g)));
}

TEST_P(CudaLinear, MagnitudesLieJustAboveTheRowsNorms) {
  const auto exact = exact_norms(layer.a, layer.g);
  for (const auto& norms :
       {linear_norms_fused_gram(layer.a, layer.g).magnitudes, token_norms(layer.a, layer.g)}) {
    expect_just_above(norms, exact);
  }
  const auto again = linear_norms_fused_gram(layer.a, layer.g).magnitudes;
  EXPECT_TRUE(again.products.equal(linear_norms_fused_gram(layer.a, layer.g).magnitudes.products));
  const auto f32 = token_norms(layer.a.to(at::kFloat), layer.g.to(at::kFloat));
  expect_just_above(f32, exact);
}

TEST_P(CudaLinear, StoredGradientsAreRoundedOnceAndTheirOwnNormIsReturned) {
  const auto stored = linear_stored_gradients(layer.a, layer.g);
  const bool is_f16 = narrow_type() == at::kHalf;
  EXPECT_LE(relative(stored.gradients, gradients), is_f16 ? 4e-4 : 3e-3);  // half an ulp: 2⁻¹², 2⁻⁹
  const auto norms = stored.gradients.to(at::kDouble).pow(2).sum(at::IntArrayRef{1, 2});
  EXPECT_LE(max_relative(stored.sq_norms, norms), 1e-6);
  const auto again = linear_stored_gradients(layer.a, layer.g);
  EXPECT_TRUE(stored.gradients.equal(again.gradients));
  EXPECT_TRUE(stored.sq_norms.equal(again.sq_norms));
}

TEST_P(CudaLinear, ClippedSumIsAddedToWhatTheSumHolds) {
  const auto factors = some_factors();
  const auto noise = at::randn({shape().d, shape().p}, f32);
  auto sum = noise.clone(), again = noise.clone();
  linear_clipped_sum_(sum, layer.a, layer.g, factors, 0);
  linear_clipped_sum_(again, layer.a, layer.g, factors, 0);
  EXPECT_TRUE(sum.equal(again));
  EXPECT_LE(relative(sum, expected_sum(factors).add(noise)), kSumTolerance);
}

TEST_P(CudaLinear, ClippedSumFormsAnyBlockOfRows) {
  const auto factors = some_factors();
  const auto third = shape().d / 3;
  for (const auto first : {third, third / 8 * 8}) {  // copies start at multiples of 8
    auto block = at::zeros({shape().d - first, shape().p}, f32);
    linear_clipped_sum_(block, layer.a, layer.g, factors, first);
    EXPECT_LE(relative(block, expected_sum(factors).slice(0, first)), kSumTolerance) << first;
  }
}

TEST_P(CudaLinear, ASampleWithFactorZeroIsNotRead) {
  auto factors = some_factors();
  const auto expected = expected_sum(factors);
  for (std::int64_t b = 1; b < shape().B; b += 3) {
    layer.a.select(0, b).fill_(NAN);
    layer.g.select(0, b).fill_(INFINITY);
  }
  auto sum = at::zeros({shape().d, shape().p}, f32);
  linear_clipped_sum_(sum, layer.a, layer.g, factors, 0);
  EXPECT_LE(relative(sum, expected), kSumTolerance);
}

TEST_P(CudaLinear, ReleasedSumIsTheClippedSumWithNoiseRoundedOnce) {
  const auto factors = some_factors();
  const bool releases = expects_kernels() && on_hopper();
  ASSERT_EQ(linear_releases(gradients[0].to(narrow_type()), layer), releases);
  if (!releases) {
    EXPECT_THROW(released(f32, factors, {}), c10::Error);
    return;
  }
  auto sum = at::zeros({shape().d, shape().p}, f32), noise = at::empty_like(sum);
  linear_clipped_sum_(sum, layer.a, layer.g, factors, 0);
  EXPECT_TRUE(released(f32, factors, {}).equal(sum));
  EXPECT_TRUE(released(narrow, factors, {}).equal(sum.to(narrow_type())));
  set_noise_(noise, kNoise);
  const auto noised = released(f32, factors, kNoise);
  EXPECT_LE(relative(noised, noise.add(sum)), kOneRounding);
  EXPECT_LE(relative(noised.sub(sum), noise), 1e-5);  // ‖sum‖ is less than 20 ‖noise‖
  EXPECT_TRUE(released(narrow, factors, kNoise).equal(noised.to(narrow_type())));
}

TEST_P(CudaLinear, ReleasedSumReadsNoSampleWithFactorZero) {
  if (!expects_kernels() || !on_hopper()) GTEST_SKIP() << "not for this kernel";
  const auto factors = some_factors();
  const auto expected = released(narrow, factors, kNoise);
  for (std::int64_t b = 1; b < shape().B; b += 3) {
    layer.a.select(0, b).fill_(NAN);
    layer.g.select(0, b).fill_(INFINITY);
  }
  EXPECT_TRUE(released(narrow, factors, kNoise).equal(expected));
}

INSTANTIATE_TEST_SUITE_P(
    Cuda, CudaLinear,
    testing::Combine(testing::Values(at::kBFloat16, at::kHalf),
                     testing::Values(Shape{1, 1, 8, 8}, Shape{3, 7, 8, 16}, Shape{2, 100, 264, 136},
                                     Shape{5, 129, 520, 1032}, Shape{4, 300, 768, 2304},
                                     Shape{7, 1000, 256, 512}, Shape{40, 64, 1280, 1288},
                                     Shape{3, 128, 136, 4097}, Shape{2, 8, 264, 5},
                                     Shape{5, 1000, 512, 2051}, Shape{3, 7, 5, 11},
                                     Shape{2, 129, 264, 1025}, Shape{17, 1000, 776, 771},
                                     Shape{17, 1000, 768, 765}),
                     testing::Bool()),
    case_name);

class CudaLayers : public EitherFamily, public testing::WithParamInterface<bool> {
 protected:
  void SetUp() override {
    CudaTest::SetUp();
    if (!IsSkipped()) use(GetParam());
  }

  std::vector<LinearOperands> some_layers(int count) const {
    std::vector<LinearOperands> layers;
    for (int i = 0; i < count; ++i) {
      layers.push_back({at::randn({kB, kT, 128 + 8 * i}, bf16), at::randn({kB, kT, 520}, bf16)});
    }
    return layers;
  }
  static constexpr std::int64_t kB = 6, kT = 72;
};

TEST_P(CudaLayers, InOneLaunchHaveTheNormsTheyHaveAlone) {
  const auto layers = some_layers(11);
  const auto width = linear_sq_norms_width(layers), gram = linear_sq_norms_fused_gram(layers);
  for (std::size_t i = 0; i < layers.size(); ++i) {
    const auto& [a, g] = layers[i];
    const auto row = static_cast<std::int64_t>(i);
    EXPECT_LE(relative(width[row], linear_sq_norms_width(a, g)), kOrderTolerance) << "layer " << i;
    EXPECT_TRUE(gram[row].equal(linear_sq_norms_fused_gram(a, g))) << "layer " << i;
    if (!cuda_takes_gram(layers)) continue;
    const auto together = cuda_gram_norms(layers).select(1, row);  // [3,B]
    EXPECT_TRUE(together.equal(cuda_gram_norms(layers[i]).select(1, 0))) << "layer " << i;
  }
}

TEST_P(CudaLayers, InOneLaunchHaveTheStoredGradientsTheyHaveAlone) {
  const auto layers = some_layers(11);
  const auto together = linear_stored_gradients(layers);
  for (std::size_t i = 0; i < layers.size(); ++i) {
    const auto alone = linear_stored_gradients(layers[i].a, layers[i].g);
    EXPECT_TRUE(together[i].gradients.equal(alone.gradients)) << "layer " << i;
    EXPECT_LE(relative(together[i].sq_norms, alone.sq_norms), kOrderTolerance) << "layer " << i;
  }
}

/// To the nearest of the numbers with 10 bits after the first, as f64.
at::Tensor rounded_to_tf32(const at::Tensor& x) {
  const auto bits = x.view(at::kInt);
  return bits.add(0x1000).bitwise_and(~0x1fff).view(at::kFloat).to(at::kDouble);
}

TEST_P(CudaLayers, InTf32AreRoundedToTheNearestForTheGramNorm) {
  for (const std::int64_t T : {7, 129, 300}) {
    const LinearOperands layer{at::randn({kB, T, 264}, f32), at::randn({kB, T, 516}, f32)};
    const auto products =
        at::bmm(rounded_to_tf32(layer.g).transpose(1, 2), rounded_to_tf32(layer.a));
    const auto exact = products.pow(2).sum(at::IntArrayRef{1, 2});
    at::globalContext().setAllowTF32CuBLAS(true);
    const bool taken = cuda_takes_gram(layer);
    const auto [norms, magnitudes] = linear_norms_fused_gram(layer.a, layer.g);
    at::globalContext().setAllowTF32CuBLAS(false);
    expect_just_above(magnitudes, exact_norms(rounded_to_tf32(layer.a), rounded_to_tf32(layer.g)));
    EXPECT_TRUE(taken);
    EXPECT_FALSE(cuda_takes_gram(layer));
    EXPECT_LE(max_relative(norms, exact), kGramTolerance) << T;  // truncated: 1e-3
  }
}

/// The same values, g's rows d elements apart, d odd: none but the first lies on 16 bytes.
std::pair<LinearOperands, LinearOperands> aligned_and_not(std::int64_t B, std::int64_t T,
                                                          at::TensorOptions options) {
  const auto a = at::randn({B, T, 128}, options);
  const auto g = at::randn({B, T, 528}, options).slice(2, 0, 521);
  return {{a, g}, {a, g.contiguous()}};
}

TEST_P(CudaLayers, WithoutAlignedRowsAreCopied) {
  const auto [aligned, odd] = aligned_and_not(kB, kT, bf16);
  ASSERT_TRUE(cuda_takes(odd) && cuda_copies(odd) && !cuda_copies(aligned));
  EXPECT_TRUE(
      linear_sq_norms_width(odd.a, odd.g).equal(linear_sq_norms_width(aligned.a, aligned.g)));
  EXPECT_TRUE(linear_sq_norms_fused_gram(odd.a, odd.g)
                  .equal(linear_sq_norms_fused_gram(aligned.a, aligned.g)));
  const auto stored = linear_stored_gradients(odd.a, odd.g);
  const auto expected = linear_stored_gradients(aligned.a, aligned.g);
  EXPECT_TRUE(stored.gradients.equal(expected.gradients));
  EXPECT_TRUE(stored.sq_norms.equal(expected.sq_norms));
}

TEST_P(CudaLayers, WithoutAlignedRowsHaveTheSumsOfCopies) {
  const auto [aligned, odd] = aligned_and_not(kB, kT, bf16);
  const auto factors = make_factors(at::rand({kB}, f32), 1, at::kFloat);
  for (const std::int64_t first : {0, 8, 104, 520}) {
    auto sum = at::zeros({521 - first, 128}, f32), expected = at::zeros_like(sum);
    linear_clipped_sum_(sum, odd.a, odd.g, factors, first);
    linear_clipped_sum_(expected, aligned.a, aligned.g, factors, first);
    EXPECT_LE(relative(sum, expected), 1e-6) << first;
  }
}

TEST_P(CudaLayers, TooLargeToBeCopiedAtOnceAreCopiedInParts) {
  const std::int64_t B = 5, T = 3000, d = 50257;  // 300 MB a sample
  const LinearOperands layer{at::randn({B, T, 8}, bf16), at::randn({B, T, d}, bf16)};
  const auto norms = linear_sq_norms_width(layer.a, layer.g);
  for (std::int64_t b = 0; b < B; ++b) {
    const auto product = layer.g[b].to(at::kFloat).t().matmul(layer.a[b].to(at::kFloat));
    const auto sq = product.to(at::kDouble).pow(2).sum().item<double>();
    EXPECT_NEAR(norms[b].item<double>() / sq, 1, 1e-4);
  }
}

TEST_P(CudaLayers, OfOddWidthAreMultipliedByTiles) {
  const LinearOperands odd{at::randn({kB, kT, 131}, bf16), at::randn({kB, kT, 520}, bf16)};
  EXPECT_FALSE(cuda_takes(odd));
  const auto norms = linear_sq_norms_width(odd.a, odd.g);
  EXPECT_LE(max_relative(norms,
                         linear_sq_norms_materialise(odd.a.to(at::kDouble), odd.g.to(at::kDouble))),
            kNormTolerance);
}

TEST_P(CudaLayers, InOneLaunchHaveTheSumsTheyHaveAlone) {
  const auto layers = some_layers(11);
  const auto factors = make_factors(at::rand({kB}, f32), 1, at::kFloat);
  std::vector<at::Tensor> sums;
  for (const auto& [a, g] : layers) sums.push_back(at::zeros({g.size(2), a.size(2)}, f32));
  linear_clipped_sums_(sums, layers, factors);
  for (std::size_t i = 0; i < layers.size(); ++i) {
    auto alone = at::zeros_like(sums[i]);
    linear_clipped_sum_(alone, layers[i].a, layers[i].g, factors, 0);
    EXPECT_LE(relative(sums[i], alone), 1e-6) << "layer " << i;
  }
}

TEST_P(CudaLayers, InOneLaunchHaveTheReleasedSumsTheyHaveAlone) {
  if (!on_hopper()) GTEST_SKIP() << "not a Hopper GPU's kernels";
  auto layers = some_layers(11);
  layers[3].g = layers[3].g.slice(2, 0, 513).contiguous();  // this one is copied
  const auto factors = make_factors(at::rand({kB}, f32), 1, at::kFloat);
  std::vector<ReleasedProduct> products;
  for (const auto& layer : layers) {
    products.push_back(
        {at::empty({layer.g.size(2), layer.a.size(2)}, f32), layer, products.size()});
  }
  linear_released_sums_(products, factors, kNoise);
  for (const auto& [out, layer, stream] : products) {
    auto alone = at::empty_like(out);
    linear_released_sums_(ReleasedProduct{alone, layer, stream}, factors, kNoise);
    EXPECT_LE(relative(out, alone), kOneRounding) << "layer " << stream;
  }
}

/// Σ_b factors[b] · g_bᵀ a_b in f64.
at::Tensor exact_sum(const LinearOperands& layer, const Factors& factors) {
  auto scaled = layer.g.to(at::kDouble).mul(factors.device.to(at::kDouble).view({-1, 1, 1}));
  return at::bmm(scaled.transpose(1, 2), layer.a.to(at::kDouble)).sum(0);
}

TEST_P(CudaLayers, ReleasedInBlocksOfCopiedRowsHaveTheNoiseOfTheWhole) {
  if (!on_hopper()) GTEST_SKIP() << "not a Hopper GPU's kernels";
  const std::int64_t B = 5, T = 1500, d = 50257;  // 35,776 rows at a time
  const LinearOperands layer{at::randn({B, T, 8}, bf16), at::randn({B, T, d}, bf16)};
  const auto factors = make_factors(at::rand({B}, f32), 1, at::kFloat);
  auto out = at::empty({d, 8}, f32), noise = at::empty_like(out);
  linear_released_sums_(ReleasedProduct{out, layer, kNoise.stream}, factors, kNoise);
  set_noise_(noise, kNoise);
  EXPECT_LE(relative(out, exact_sum(layer, factors).add(noise)), kSumTolerance);
}

/// Samples count the same, large gradients with small factors and small ones with large factors, as
/// clipping leaves them. More tiles than pairs of blocks: some are formed from all samples by one.
TEST_P(CudaLayers, FactorsOfAnyMagnitudeMeetInOneSum) {
  LinearOperands layer{at::randn({kB, 256, 2048}, bf16), at::randn({kB, 256, 2304}, bf16)};
  const auto factors = make_factors(
      at::tensor({1.0, 2e-36, 0.0, 1e10, 3e-12, 1.0}, f32.dtype(at::kFloat)), 1, at::kFloat);
  layer.g.div_(factors.device.add(factors.device.eq(0)).view({-1, 1, 1}));
  const auto expected = exact_sum(layer, factors);
  auto sum = at::zeros(expected.sizes(), f32);
  linear_clipped_sum_(sum, layer.a, layer.g, factors, 0);
  EXPECT_LE(relative(sum, expected), kSumTolerance);
  if (!linear_releases(sum, layer)) return;
  linear_released_sums_(ReleasedProduct{sum, layer, 0}, factors, {});
  EXPECT_LE(relative(sum, expected), kSumTolerance);
  linear_released_sums_(ReleasedProduct{sum, layer, kNoise.stream}, factors, kNoise);
  auto noise = at::empty_like(sum);
  set_noise_(noise, kNoise);
  EXPECT_LE(relative(sum, expected.add(noise)), kSumTolerance);
}

/// 70,000 is no f16. Its sample has an infinite norm, factor 0, and is in no sum.
TEST_P(CudaLayers, AStoredGradientThatF16CantHoldHasAnInfiniteNorm) {
  const auto a = at::full({2, 7, 64}, 100, f16), g = at::full({2, 7, 64}, 1, f16);
  g.select(0, 1).fill_(100);
  const auto stored = linear_stored_gradients(a, g);
  EXPECT_EQ(stored.sq_norms[0].item<float>(), 700.f * 700 * 64 * 64);
  EXPECT_TRUE(std::isinf(stored.sq_norms[1].item<float>()));
}

/// bf16 and f16 have one size, but not one meaning.
TEST_P(CudaLayers, OfTwoNarrowTypesAreNotTaken) {
  const LinearOperands mixed{at::randn({kB, kT, 128}, bf16), at::randn({kB, kT, 128}, f16)};
  EXPECT_FALSE(cuda_takes(mixed));
  const LinearOperands layer{mixed.a, mixed.a};
  EXPECT_FALSE(linear_releases(at::empty({128, 128}, f16), layer));
  const LinearOperands other{mixed.g, mixed.g};
  EXPECT_FALSE(cuda_takes({layer, other}));
}

TEST_P(CudaLayers, NoSampleAtAllReleasesNoiseAlone) {
  const auto [a, g] = some_layers(1)[0];
  auto out = at::empty({g.size(2), a.size(2)}, bf16), noise = at::empty_like(out, f32);
  if (!linear_releases(out, {a, g})) GTEST_SKIP() << "not for this kernel";
  linear_released_sums_(ReleasedProduct{out, {a, g}, kNoise.stream},
                        make_factors(at::zeros({kB}, f32), 1, at::kFloat), kNoise);
  set_noise_(noise, kNoise);
  EXPECT_TRUE(out.equal(noise.to(at::kBFloat16)));
}

TEST_P(CudaLayers, NoSampleAtAllLeavesTheSumAsItIs) {
  const auto [a, g] = some_layers(1)[0];
  const auto noise = at::randn({g.size(2), a.size(2)}, f32);
  auto sum = noise.clone();
  linear_clipped_sum_(sum, a, g, make_factors(at::zeros({kB}, f32), 1, at::kFloat), 0);
  EXPECT_TRUE(sum.equal(noise));
}

INSTANTIATE_TEST_SUITE_P(Cuda, CudaLayers, testing::Bool(),
                         [](const auto& info) { return family_name(info.param); });

/// They would be summed by no kernel. Needs no GPU: nothing is launched.
TEST(CudaSums, RefuseF32Operands) {
  const cuda::LinearLayer layer{nullptr, nullptr, 8, 8, 8, 8, cuda::Element::f32};
  const cuda::SumRows rows{.sum = nullptr, .first_row = 0, .rows = 8};
  const std::span layers(&layer, 1);
  const std::span all_rows(&rows, 1);
  EXPECT_THROW(hopper::clipped_sum(layers, all_rows, {1, 1}, nullptr, nullptr, nullptr),
               std::invalid_argument);
  EXPECT_THROW(hopper::released_sum(layers, all_rows, cuda::Element::f32, {1, 1}, nullptr, {},
                                    nullptr, nullptr),
               std::invalid_argument);
  EXPECT_THROW(ampere::clipped_sum(layers, all_rows, {1, 1}, nullptr, nullptr, nullptr),
               std::invalid_argument);
}

}  // namespace
}  // namespace clipbench::kernels
