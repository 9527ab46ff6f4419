// What a table of kernels must do with linear layers, whichever family of kernels it is.
#pragma once

#include <gtest/gtest.h>

#include <cmath>
#include <random>
#include <type_traits>
#include <vector>

#include "operands.h"

namespace clipbench::kernels {

/// A layer of bf16 operands of the case's shape, and kernels of a table on the case's GPU.
template <const cuda::LinearKernels& kTable>
class OneLayer : public testing::TestWithParam<Case> {
 protected:
  using In = cuda::bf16;

  void SetUp() override { emulated::use(GetParam().settings); }

  std::mt19937 random{GetParam().settings.seed};
  Operands<In> operands{GetParam().shape, random};
  Kernels<In> kernels{kTable, {&operands}};
  std::vector<float> factors = some_factors(GetParam().shape.B);
};

template <class In>
void check_stored_gradients(const Kernels<In>& kernels, const Operands<In>& operands) {
  const auto stored = kernels.stored();
  const std::size_t size = kernels.size(0);
  const double rounding = std::is_same_v<In, cuda::f16> ? 4e-4 : 3e-3;
  std::vector<double> norms;
  for (std::size_t b = 0; b < kernels.samples(); ++b) {
    const In* const first = stored.gradients[0].data() + b * size;
    const std::vector<In> gradient(first, first + size);
    EXPECT_LE(relative(gradient, operands.gradients[b]), rounding);
    norms.push_back(std::pow(root_of_squares(gradient), 2));
  }
  EXPECT_LE(max_relative(stored.sq_norms, norms), kOrderTolerance);
}

/// Spoils samples that don't count.
template <class In>
void check_clipped_sum_is_added(const Kernels<In>& kernels, Operands<In>& operands,
                                const std::vector<float>& factors) {
  auto expected = operands.clipped_sum(factors);
  operands.spoil(factors);
  auto sums = kernels.zeros();
  for (std::size_t i = 0; i < expected.size(); ++i) {
    expected[i] += sums[0][i] = static_cast<float>(i % 17) - 8;
  }
  kernels.add_clipped(sums, factors);
  EXPECT_LE(relative(sums[0], expected), kTolerance);
}

template <class In>
double root_of_row(const Buffer<In>& rows, std::size_t pitch, std::size_t row, int size) {
  const In* const first = rows.data() + row * pitch;
  return root_of_squares(std::vector<In>(first, first + size));
}

template <class In>
void check_bounds_of_token_norms(const Kernels<In>& kernels, const Operands<In>& operands) {
  const auto sums = kernels.gram();
  const auto [B, T, p, d] = operands.shape;
  for (int b = 0; b < B; ++b) {
    double products = 0, gradients = 0;
    for (int t = 0; t < T; ++t) {
      const auto row = static_cast<std::size_t>(b * T + t);
      const double g = root_of_row(operands.g, operands.g_pitch, row, d);
      products += root_of_row(operands.a, operands.a_pitch, row, p) * g;
      gradients += g;
    }
    EXPECT_NEAR(sums[B + b] / products, 1 + 5e-5, 5e-5);
    EXPECT_NEAR(sums[2 * B + b] / gradients, 1 + 5e-5, 5e-5);
  }
}

/// Layers of the same B and T in one call give what they give alone.
inline void check_layers_together(const cuda::LinearKernels& table,
                                  const std::vector<Shape>& shapes, std::mt19937& random) {
  using In = cuda::bf16;
  std::vector<Operands<In>> all;
  for (const Shape& shape : shapes) all.emplace_back(shape, random);
  std::vector<const Operands<In>*> each;
  for (const auto& operands : all) each.push_back(&operands);
  const Kernels<In> together(table, each);
  const auto B = shapes[0].B;
  const auto factors = some_factors(B);
  const auto width = together.width(), gram = together.gram();
  const auto stored = together.stored();
  const auto sums = together.clipped(factors);
  for (std::size_t i = 0; i < all.size(); ++i) {
    const Kernels<In> alone(table, {each[i]});
    const auto row = [&](const std::vector<float>& of) {
      const auto first = of.begin() + static_cast<std::ptrdiff_t>(i) * B;
      return std::vector<float>(first, first + B);
    };
    EXPECT_LE(max_relative(row(width), alone.width()), kOrderTolerance) << i;
    auto gram_alone = alone.gram();
    gram_alone.resize(static_cast<std::size_t>(B));
    EXPECT_TRUE(equal(row(gram), gram_alone)) << i;
    const auto stored_alone = alone.stored();
    EXPECT_TRUE(equal(stored.gradients[i], stored_alone.gradients[0])) << i;
    EXPECT_LE(max_relative(row(stored.sq_norms), stored_alone.sq_norms), kOrderTolerance) << i;
    EXPECT_LE(relative(sums[i], alone.clipped(factors)[0]), kOrderTolerance) << i;
  }
}

/// Of a layer with 521 rows.
inline void check_blocks_of_rows(const cuda::LinearKernels& table, std::mt19937& random) {
  const Operands<cuda::bf16> operands({4, 70, 264, 521}, random);
  const auto layer = operands.layer();
  const auto factors = some_factors(4);
  const auto whole = operands.clipped_sum(factors);
  for (const int first : {0, 8, 136, 520}) {
    Buffer<float> sum(static_cast<std::size_t>((521 - first) * 264));
    const SumRows rows{sum.data(), first, 521 - first};
    const auto bytes = table.clipped_sum_scratch_bytes({&rows, 1}, {&layer, 1}, operands.batch());
    Buffer<float> scratch(static_cast<std::size_t>(bytes / 4), NAN);
    table.clipped_sum({&layer, 1}, {&rows, 1}, operands.batch(), factors.data(), scratch.data(),
                      nullptr);
    const std::vector<double> expected(whole.begin() + first * 264, whole.end());
    EXPECT_LE(relative(sum, expected), kTolerance) << first;
  }
}

/// Samples count the same, large gradients with small factors and small ones with large factors, as
/// clipping leaves them.
inline void check_factors_of_any_magnitude(const cuda::LinearKernels& table, int p, int d,
                                           std::mt19937& random) {
  const std::vector<float> factors{1.f, 2e-36f, 0.f, 1e10f, 3e-12f, 1.f};
  Operands<cuda::bf16> operands({6, 70, p, d}, random);
  operands.undo(factors);
  const auto sum = Kernels<cuda::bf16>(table, {&operands}).clipped(factors);
  EXPECT_LE(relative(sum[0], operands.clipped_sum(factors)), kTolerance) << p << " " << d;
}

/// Samples that add nothing behind large gradients, which in units of those samples' factors no f32
/// can hold.
inline void check_factors_far_below(const cuda::LinearKernels& table, int p, int d,
                                    std::mt19937& random) {
  const std::vector<float> factors{1.f, 2e-36f, 1.f, 0.f, 1e-30f, 3e-36f};
  Operands<cuda::bf16> operands({6, 70, p, d}, random);
  operands.undo(std::vector<float>(6, 1e-4f));
  const auto sum = Kernels<cuda::bf16>(table, {&operands}).clipped(factors);
  EXPECT_LE(relative(sum[0], operands.clipped_sum(factors)), kTolerance) << p << " " << d;
}

inline void check_sum_of_nothing(const cuda::LinearKernels& table, std::mt19937& random) {
  const Operands<cuda::bf16> operands({6, 70, 264, 136}, random);
  const Kernels<cuda::bf16> kernels(table, {&operands});
  EXPECT_TRUE(equal(kernels.clipped(std::vector<float>(6))[0], kernels.zeros()[0]));
}

}  // namespace clipbench::kernels
