// The kernels of kernels/hopper, on an emulated GPU, against f64 products of the same operands.
#include "kernels/hopper/linear.h"

#include <cuda_bf16.h>
#include <cuda_fp16.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <random>
#include <string>
#include <utility>
#include <vector>

#include "gpu.h"
#include "kernels/cuda/elements.cuh"
#include "kernels/cuda/philox.cuh"

namespace clipbench::kernels {
namespace {

using cuda::Batch, cuda::Element, cuda::LinearLayer, cuda::SumRows;
using emulated::Settings;
using hopper::kLinearKernels;

struct Shape {
  int B, T, p, d;
};

/// On 16 bytes, as tensors are.
template <class T>
class Buffer {
 public:
  explicit Buffer(std::size_t size, T value = {})
      : memory_(static_cast<T*>(std::aligned_alloc(256, (size * sizeof(T) + 255) / 256 * 256))),
        size_(size) {
    std::fill_n(memory_.get(), size, value);
  }
  T* data() { return memory_.get(); }
  const T* data() const { return memory_.get(); }
  std::size_t size() const { return size_; }
  T& operator[](std::size_t i) { return memory_.get()[i]; }
  const T& operator[](std::size_t i) const { return memory_.get()[i]; }

 private:
  struct Free {
    void operator()(T* memory) const { std::free(memory); }
  };
  std::unique_ptr<T, Free> memory_;
  std::size_t size_;
};

double root_of_squares(const auto& values) {
  double sum = 0;
  for (std::size_t i = 0; i < values.size(); ++i) sum += double(values[i]) * double(values[i]);
  return std::sqrt(sum);
}

/// ‖x − y‖ / ‖y‖.
double relative(const auto& x, const auto& y) {
  std::vector<double> difference(y.size());
  for (std::size_t i = 0; i < y.size(); ++i) difference[i] = double(x[i]) - double(y[i]);
  return root_of_squares(difference) / root_of_squares(y);
}

double max_relative(const auto& x, const auto& y) {
  double most = 0;
  for (std::size_t i = 0; i < y.size(); ++i) {
    most = std::max(most, std::abs(double(x[i]) / double(y[i]) - 1));
  }
  return most;
}

float rounded_to_tf32(float value) {
  const auto bits = std::bit_cast<std::uint32_t>(value);
  return std::bit_cast<float>((bits + 0x1000) & ~0x1fffu);
}

template <class In>
constexpr Element kElement = std::is_same_v<In, float>       ? Element::f32
                             : std::is_same_v<In, cuda::f16> ? Element::f16
                                                             : Element::bf16;

/// A layer's operands, with rows that are longer than they need be, and its samples' gradients.
template <class In>
struct Operands {
  Shape shape;
  std::size_t a_pitch, g_pitch;
  Buffer<In> a, g;
  std::vector<std::vector<double>> gradients;  // [B][d·p]

  Operands(const Shape& of, std::mt19937& random)
      : shape(of),
        a_pitch(static_cast<std::size_t>(of.p + 8)),
        g_pitch(static_cast<std::size_t>((of.d + 7) / 8 * 8)),
        a(static_cast<std::size_t>(of.B * of.T) * a_pitch, In(NAN)),
        g(static_cast<std::size_t>(of.B * of.T) * g_pitch, In(NAN)) {
    std::normal_distribution<float> normal;
    for (std::size_t row = 0; row < static_cast<std::size_t>(of.B * of.T); ++row) {
      for (int i = 0; i < of.p; ++i) a[row * a_pitch + i] = In(normal(random));
      for (int i = 0; i < of.d; ++i) g[row * g_pitch + i] = In(normal(random));
    }
    for (int b = 0; b < of.B; ++b) gradients.push_back(product(b));
  }

  static double value(In x) {
    return std::is_same_v<In, float> ? rounded_to_tf32(float(x)) : float(x);
  }

  std::vector<double> product(int b) const {
    const auto p = static_cast<std::size_t>(shape.p), d = static_cast<std::size_t>(shape.d);
    std::vector<double> sum(p * d), inputs(p);
    for (int t = 0; t < shape.T; ++t) {
      const auto row = static_cast<std::size_t>(b * shape.T + t);
      for (std::size_t j = 0; j < p; ++j) inputs[j] = value(a[row * a_pitch + j]);
      for (std::size_t i = 0; i < d; ++i) {
        const double factor = value(g[row * g_pitch + i]);
        for (std::size_t j = 0; j < p; ++j) sum[i * p + j] += factor * inputs[j];
      }
    }
    return sum;
  }

  LinearLayer layer() const {
    return {a.data(),    g.data(), shape.p, shape.d, std::int64_t(a_pitch), std::int64_t(g_pitch),
            kElement<In>};
  }
  Batch batch() const { return {shape.B, shape.T}; }

  std::vector<double> sq_norms() const {
    std::vector<double> norms;
    for (const auto& gradient : gradients) norms.push_back(std::pow(root_of_squares(gradient), 2));
    return norms;
  }

  std::vector<double> clipped_sum(const std::vector<float>& factors) const {
    std::vector<double> sum(gradients[0].size());
    for (std::size_t b = 0; b < gradients.size(); ++b) {
      if (factors[b] == 0) continue;
      for (std::size_t i = 0; i < sum.size(); ++i) sum[i] += double{factors[b]} * gradients[b][i];
    }
    return sum;
  }

  /// Divides g by the factors, so that samples count the same.
  void undo(const std::vector<float>& factors) {
    const std::size_t of_sample = static_cast<std::size_t>(shape.T) * g_pitch;
    for (std::size_t b = 0; b < factors.size(); ++b) {
      if (factors[b] == 0) continue;
      for (std::size_t i = 0; i < of_sample; ++i) {
        In& value = g[b * of_sample + i];
        value = In(float(value) / factors[b]);
      }
      gradients[b] = product(static_cast<int>(b));
    }
  }

  /// What no kernel may read.
  void spoil(const std::vector<float>& factors) {
    const auto T = static_cast<std::size_t>(shape.T);
    for (std::size_t b = 0; b < factors.size(); ++b) {
      if (factors[b] != 0) continue;
      std::fill_n(a.data() + b * T * a_pitch, T * a_pitch, In(NAN));
      std::fill_n(g.data() + b * T * g_pitch, T * g_pitch, In(INFINITY));
    }
  }
};

constexpr double kTolerance = 2e-5;       // of f32 sums
constexpr double kGramTolerance = 4e-5;   // its terms cancel where the gradient's squares don't
constexpr double kOrderTolerance = 1e-6;  // of f32 squares and sums added in another order

const Noise kNoise{.std = 3, .seed = 11, .stream = 5ull << 32 | 7};

/// A layer with room for what the kernels say of it.
template <class In>
struct Kernels {
  std::vector<LinearLayer> layers;
  Batch batch;

  explicit Kernels(std::vector<const Operands<In>*> of) : batch(of[0]->batch()) {
    for (const auto* operands : of) layers.push_back(operands->layer());
  }

  std::size_t samples() const { return static_cast<std::size_t>(batch.samples); }
  std::size_t size(std::size_t layer) const {
    return static_cast<std::size_t>(layers[layer].p * layers[layer].d);
  }
  static Buffer<float> scratch(std::int64_t floats) {
    return Buffer<float>(static_cast<std::size_t>(floats), NAN);
  }

  /// [layers·B].
  std::vector<float> width() const {
    auto partials = scratch(kLinearKernels.norm_scratch(layers, batch));
    std::vector<float> norms(layers.size() * samples(), NAN);
    kLinearKernels.width_sq_norms(layers, batch, partials.data(), norms.data(), nullptr);
    return norms;
  }

  /// [3·layers·B].
  std::vector<float> gram() const {
    auto partials = scratch(kLinearKernels.gram_scratch(layers, batch));
    const std::size_t plane = layers.size() * samples();
    std::vector<float> norms(cuda::kGramSums * plane, NAN);
    kLinearKernels.gram_norms(layers, batch, partials.data(), norms.data(),
                              static_cast<std::int64_t>(plane), nullptr);
    return norms;
  }

  struct Stored {
    std::vector<Buffer<In>> gradients;
    std::vector<float> sq_norms;
  };
  Stored stored() const {
    auto partials = scratch(kLinearKernels.norm_scratch(layers, batch));
    Stored result{{}, std::vector<float>(layers.size() * samples(), NAN)};
    std::vector<void*> to;
    for (std::size_t i = 0; i < layers.size(); ++i) {
      result.gradients.emplace_back(size(i) * samples(), In(NAN));
      to.push_back(result.gradients.back().data());
    }
    kLinearKernels.stored_gradients(layers, to, batch, partials.data(), result.sq_norms.data(),
                                    nullptr);
    return result;
  }

  static std::vector<SumRows> rows_of(std::vector<Buffer<float>>& sums,
                                      const std::vector<LinearLayer>& layers) {
    std::vector<SumRows> rows;
    for (std::size_t i = 0; i < sums.size(); ++i) rows.push_back({sums[i].data(), 0, layers[i].d});
    return rows;
  }

  Buffer<float> sum_scratch(const std::vector<SumRows>& rows) const {
    return scratch(kLinearKernels.clipped_sum_scratch_bytes(rows, layers, batch) / 4);
  }

  /// Adds to `sums`.
  void add_clipped(std::vector<Buffer<float>>& sums, const std::vector<float>& factors) const {
    const auto rows = rows_of(sums, layers);
    auto parts = sum_scratch(rows);
    kLinearKernels.clipped_sum(layers, rows, batch, factors.data(), parts.data(), nullptr);
  }

  std::vector<Buffer<float>> zeros() const {
    std::vector<Buffer<float>> sums;
    for (std::size_t i = 0; i < layers.size(); ++i) sums.emplace_back(size(i));
    return sums;
  }

  std::vector<Buffer<float>> clipped(const std::vector<float>& factors) const {
    auto sums = zeros();
    add_clipped(sums, factors);
    return sums;
  }

  /// Of the first layer.
  template <class Out>
  Buffer<Out> released(const std::vector<float>& factors, const Noise& noise) const {
    Buffer<Out> sum(size(0), Out(NAN));
    const std::vector<SumRows> rows{{sum.data(), 0, layers[0].d, noise.stream}};
    auto parts = sum_scratch(rows);
    kLinearKernels.released_sum(layers, rows, kElement<Out>, batch, factors.data(), noise,
                                parts.data(), nullptr);
    return sum;
  }
};

bool equal(const auto& x, const auto& y) {
  return x.size() == y.size() && std::memcmp(x.data(), y.data(), x.size() * sizeof(x[0])) == 0;
}

/// Every third sample does not count.
std::vector<float> some_factors(int samples) {
  std::vector<float> factors;
  for (int b = 0; b < samples; ++b) {
    factors.push_back(b % 3 == 1 ? 0 : 0.05f + static_cast<float>(b * 7 % 10) / 10);
  }
  return factors;
}

struct Case {
  Settings settings;
  Shape shape;
};

/// Sizes that are no multiple of a tile; more tiles than clusters and fewer; work that is done at
/// once, late, and in any order.
std::vector<Case> all_cases() {
  std::vector<Case> cases;
  unsigned seed = 0;
  for (const Shape& shape :
       {Shape{1, 1, 8, 8}, Shape{3, 7, 8, 16}, Shape{2, 100, 264, 136}, Shape{5, 129, 520, 520},
        Shape{3, 128, 136, 1025}, Shape{2, 8, 264, 5}, Shape{2, 300, 264, 260},
        Shape{9, 70, 392, 386}, Shape{4, 600, 128, 64}}) {
    for (const int multiprocessors : {4, 12, 28}) {
      const bool late_loads = seed % 2 == 1, late = seed / 2 % 2 == 1;
      cases.push_back({{multiprocessors, late_loads, late, late, ++seed}, shape});
    }
  }
  return cases;
}

std::string words(const Settings& settings) {
  std::string name = std::to_string(settings.multiprocessors) + "_multiprocessors";
  if (settings.late_loads) name += "_late_loads";
  if (settings.late_products) name += "_late_products";
  return name;
}

std::string case_name(const testing::TestParamInfo<Case>& info) {
  const auto& [settings, shape] = info.param;
  std::string name = words(settings);
  for (const int n : {shape.B, shape.T, shape.p, shape.d}) name += "_" + std::to_string(n);
  return name;
}

class EmulatedLinear : public testing::TestWithParam<Case> {
 protected:
  using In = cuda::bf16;

  void SetUp() override { emulated::use(GetParam().settings); }

  std::mt19937 random{GetParam().settings.seed};
  Operands<In> operands{GetParam().shape, random};
  Kernels<In> kernels{{&operands}};
  std::vector<float> factors = some_factors(GetParam().shape.B);
};

TEST_P(EmulatedLinear, WidthNormIsTheGradientsNorm) {
  EXPECT_LE(max_relative(kernels.width(), operands.sq_norms()), kTolerance);
}

TEST_P(EmulatedLinear, GramNormIsTheGradientsNorm) {
  EXPECT_LE(max_relative(kernels.gram(), operands.sq_norms()), kGramTolerance);
}

TEST_P(EmulatedLinear, StoredGradientsAreRoundedOnceAndTheirOwnNormIsReturned) {
  const auto stored = kernels.stored();
  const std::size_t size = kernels.size(0);
  std::vector<double> norms;
  for (std::size_t b = 0; b < kernels.samples(); ++b) {
    const In* const first = stored.gradients[0].data() + b * size;
    const std::vector<In> gradient(first, first + size);
    EXPECT_LE(relative(gradient, operands.gradients[b]), 3e-3);
    norms.push_back(std::pow(root_of_squares(gradient), 2));
  }
  EXPECT_LE(max_relative(stored.sq_norms, norms), kOrderTolerance);
}

TEST_P(EmulatedLinear, ClippedSumIsAddedToWhatTheSumHoldsAndReadsNoSampleThatDoesNotCount) {
  auto expected = operands.clipped_sum(factors);
  operands.spoil(factors);
  auto sums = kernels.zeros();
  for (std::size_t i = 0; i < expected.size(); ++i) {
    expected[i] += sums[0][i] = static_cast<float>(i % 17) - 8;
  }
  kernels.add_clipped(sums, factors);
  EXPECT_LE(relative(sums[0], expected), kTolerance);
}

TEST_P(EmulatedLinear, ReleasedSumIsTheClippedSumWithNoiseRoundedOnce) {
  const auto sum = kernels.clipped(factors);
  operands.spoil(factors);
  EXPECT_TRUE(equal(kernels.released<float>(factors, {}), sum[0]));
  const auto noised = kernels.released<float>(factors, kNoise);
  std::vector<double> expected;
  for (std::size_t i = 0; i < sum[0].size(); ++i) {
    const float4 z = cuda::normals(kNoise, i / 4);
    const float of_group[] = {z.x, z.y, z.z, z.w};
    expected.push_back(double{sum[0][i]} + kNoise.std * double{of_group[i % 4]});
  }
  EXPECT_LE(relative(noised, expected), kOrderTolerance);
  std::vector<In> rounded;
  for (std::size_t i = 0; i < noised.size(); ++i) rounded.push_back(In(noised[i]));
  EXPECT_TRUE(equal(kernels.released<In>(factors, kNoise), rounded));
}

INSTANTIATE_TEST_SUITE_P(Sizes, EmulatedLinear, testing::ValuesIn(all_cases()), case_name);

/// Where several clusters form a tile: one of them gathers what the others have, or a second launch
/// does; tiles of 256, 192 and 128 columns, in rows of tiles and one by one.
class EmulatedSums : public EmulatedLinear {};

TEST_P(EmulatedSums, OfSeveralClustersAreTheClippedSums) {
  const auto expected = operands.clipped_sum(factors);
  operands.spoil(factors);
  EXPECT_LE(relative(kernels.clipped(factors)[0], expected), kTolerance);
}

TEST_P(EmulatedSums, OfSeveralClustersTakeFactorsOfAnyMagnitude) {
  for (std::size_t b = 2; b < factors.size(); b += 5) factors[b] *= b % 2 == 0 ? 2e-36f : 1e10f;
  operands.undo(factors);
  EXPECT_LE(relative(kernels.clipped(factors)[0], operands.clipped_sum(factors)), kTolerance);
}

INSTANTIATE_TEST_SUITE_P(Deals, EmulatedSums,
                         testing::Values(Case{{8, true, true, true, 1}, {20, 129, 64, 64}},
                                         Case{{28, false, true, true, 2}, {20, 129, 320, 320}},
                                         Case{{20, true, false, false, 3}, {40, 64, 64, 64}},
                                         Case{{4, false, false, false, 4}, {70, 200, 64, 64}},
                                         Case{{12, true, true, true, 5}, {20, 129, 320, 320}},
                                         Case{{12, true, false, true, 6}, {40, 200, 64, 64}},
                                         Case{{28, true, true, false, 7}, {40, 129, 320, 320}},
                                         Case{{20, false, true, true, 8}, {40, 200, 448, 320}}),
                         case_name);

class EmulatedHopper : public testing::TestWithParam<Settings> {
 protected:
  void SetUp() override { emulated::use(GetParam()); }
  std::mt19937 random{GetParam().seed};
};

TEST_P(EmulatedHopper, RoundsF32ToTheNearestTf32ForTheGramNorm) {
  for (const int T : {7, 129, 300}) {
    const Operands<float> operands({3, T, 136, 132}, random);
    EXPECT_LE(max_relative(Kernels<float>({&operands}).gram(), operands.sq_norms()), kGramTolerance)
        << T;  // truncated: 1e-3
  }
}

TEST_P(EmulatedHopper, TakesF16) {
  const Operands<cuda::f16> operands({3, 70, 136, 132}, random);
  const Kernels<cuda::f16> kernels({&operands});
  const auto factors = some_factors(3);
  EXPECT_LE(max_relative(kernels.width(), operands.sq_norms()), kTolerance);
  EXPECT_LE(max_relative(kernels.gram(), operands.sq_norms()), kGramTolerance);
  EXPECT_LE(relative(kernels.clipped(factors)[0], operands.clipped_sum(factors)), kTolerance);
}

TEST_P(EmulatedHopper, BoundsNormsOfTokensFromAbove) {
  const Operands<cuda::bf16> operands({2, 300, 136, 132}, random);
  const auto sums = Kernels<cuda::bf16>({&operands}).gram();
  const auto [B, T, p, d] = operands.shape;
  for (int b = 0; b < B; ++b) {
    double products = 0, gradients = 0;
    for (int t = 0; t < T; ++t) {
      const auto row = static_cast<std::size_t>(b * T + t);
      double a_sq = 0, g_sq = 0;
      for (int i = 0; i < p; ++i)
        a_sq += std::pow(double(operands.a[row * operands.a_pitch + i]), 2);
      for (int i = 0; i < d; ++i)
        g_sq += std::pow(double(operands.g[row * operands.g_pitch + i]), 2);
      products += std::sqrt(a_sq * g_sq);
      gradients += std::sqrt(g_sq);
    }
    EXPECT_NEAR(sums[B + b] / products, 1 + 5e-5, 5e-5);
    EXPECT_NEAR(sums[2 * B + b] / gradients, 1 + 5e-5, 5e-5);
  }
}

TEST_P(EmulatedHopper, GivesLayersInOneLaunchWhatTheyHaveAlone) {
  using In = cuda::bf16;
  std::vector<Operands<In>> all;
  for (int i = 0; i < 5; ++i) all.emplace_back(Shape{3, 72, 128 + 72 * i, 264}, random);
  std::vector<const Operands<In>*> each;
  for (const auto& operands : all) each.push_back(&operands);
  const Kernels<In> together(each);
  const auto factors = some_factors(3);
  const auto width = together.width(), gram = together.gram();
  const auto stored = together.stored();
  const auto sums = together.clipped(factors);
  for (std::size_t i = 0; i < all.size(); ++i) {
    const Kernels<In> alone({each[i]});
    const auto row = [&](const std::vector<float>& of) {
      return std::vector<float>(of.begin() + 3 * i, of.begin() + 3 * i + 3);
    };
    EXPECT_LE(max_relative(row(width), alone.width()), kOrderTolerance) << i;
    auto gram_alone = alone.gram();
    gram_alone.resize(3);
    EXPECT_TRUE(equal(row(gram), gram_alone)) << i;
    const auto stored_alone = alone.stored();
    EXPECT_TRUE(equal(stored.gradients[i], stored_alone.gradients[0])) << i;
    EXPECT_LE(max_relative(row(stored.sq_norms), stored_alone.sq_norms), kOrderTolerance) << i;
    EXPECT_LE(relative(sums[i], alone.clipped(factors)[0]), kOrderTolerance) << i;
  }
}

TEST_P(EmulatedHopper, FormsAnyBlockOfRowsOfASum) {
  const Operands<cuda::bf16> operands({4, 70, 264, 521}, random);
  const auto layer = operands.layer();
  const auto factors = some_factors(4);
  const auto whole = operands.clipped_sum(factors);
  for (const int first : {0, 8, 136, 520}) {
    Buffer<float> sum(static_cast<std::size_t>((521 - first) * 264));
    const SumRows rows{sum.data(), first, 521 - first};
    const auto bytes =
        kLinearKernels.clipped_sum_scratch_bytes({&rows, 1}, {&layer, 1}, operands.batch());
    Buffer<float> scratch(static_cast<std::size_t>(bytes / 4), NAN);
    kLinearKernels.clipped_sum({&layer, 1}, {&rows, 1}, operands.batch(), factors.data(),
                               scratch.data(), nullptr);
    const std::vector<double> expected(whole.begin() + first * 264, whole.end());
    EXPECT_LE(relative(sum, expected), kTolerance) << first;
  }
}

/// Samples count the same, large gradients with small factors and small ones with large factors, as
/// clipping leaves them.
TEST_P(EmulatedHopper, SumsFactorsOfAnyMagnitude) {
  const std::vector<float> factors{1.f, 2e-36f, 0.f, 1e10f, 3e-12f, 1.f};
  for (const auto& [p, d] : {std::pair{264, 136}, {520, 776}, {1288, 520}}) {
    Operands<cuda::bf16> operands({6, 70, p, d}, random);
    operands.undo(factors);
    const auto sum = Kernels<cuda::bf16>({&operands}).clipped(factors);
    EXPECT_LE(relative(sum[0], operands.clipped_sum(factors)), kTolerance) << p << " " << d;
  }
}

TEST_P(EmulatedHopper, LeavesTheSumAsItIsWhereNoSampleCounts) {
  const Operands<cuda::bf16> operands({6, 70, 264, 136}, random);
  const Kernels<cuda::bf16> kernels({&operands});
  const std::vector<float> none(6);
  EXPECT_TRUE(equal(kernels.clipped(none)[0], kernels.zeros()[0]));
}

const Settings kSettings[] = {{.multiprocessors = 4},
                              {.multiprocessors = 12, .late_loads = true},
                              {.multiprocessors = 20, .late_stores = true, .late_products = true},
                              {8, true, true, true}};

INSTANTIATE_TEST_SUITE_P(Gpus, EmulatedHopper, testing::ValuesIn(kSettings),
                         [](const auto& info) { return words(info.param); });

}  // namespace
}  // namespace clipbench::kernels
