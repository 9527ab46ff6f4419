// The kernels of kernels/hopper, on an emulated GPU, against f64 products of the same operands.
#include "kernels/hopper/linear.h"

#include <gtest/gtest.h>

#include <cmath>
#include <random>
#include <utility>
#include <vector>

#include "checks.h"
#include "drawn_noise.h"
#include "operands.h"

namespace clipbench::kernels {
namespace {

using hopper::kLinearKernels;

const Noise kNoise{.std = 3, .seed = 11, .stream = 5ull << 32 | 7};

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
      const bool unfair = seed % 5 == 2;
      cases.push_back({{multiprocessors, late_loads, late, late, ++seed, unfair}, shape});
    }
  }
  return cases;
}

class EmulatedLinear : public OneLayer<kLinearKernels> {
 protected:
  void check_released_sum() {
    const auto sum = kernels.clipped(factors);
    operands.spoil(factors);
    EXPECT_TRUE(equal(kernels.released<float>(factors, {}), sum[0]));
    const auto noised = kernels.released<float>(factors, kNoise);
    std::vector<double> expected;
    for (std::size_t i = 0; i < sum[0].size(); ++i) {
      expected.push_back(double{sum[0][i]} + noise_of(kNoise, i));
    }
    EXPECT_LE(relative(noised, expected), kOrderTolerance);
    std::vector<In> rounded;
    for (std::size_t i = 0; i < noised.size(); ++i) rounded.push_back(In(noised[i]));
    EXPECT_TRUE(equal(kernels.released<In>(factors, kNoise), rounded));
  }
};

TEST_P(EmulatedLinear, WidthNormIsTheGradientsNorm) {
  EXPECT_LE(max_relative(kernels.width(), operands.sq_norms()), kTolerance);
}

TEST_P(EmulatedLinear, GramNormIsTheGradientsNorm) {
  EXPECT_LE(max_relative(kernels.gram(), operands.sq_norms()), kGramTolerance);
}

TEST_P(EmulatedLinear, StoredGradientsAreRoundedOnceAndTheirOwnNormIsReturned) {
  check_stored_gradients(kernels, operands);
}

TEST_P(EmulatedLinear, ClippedSumIsAddedToWhatTheSumHoldsAndReadsNoSampleThatDoesNotCount) {
  check_clipped_sum_is_added(kernels, operands, factors);
}

TEST_P(EmulatedLinear, ReleasedSumIsTheClippedSumWithNoiseRoundedOnce) { check_released_sum(); }

INSTANTIATE_TEST_SUITE_P(Sizes, EmulatedLinear, testing::ValuesIn(all_cases()), case_name);

/// Where several clusters form a tile: one of them gathers what the others have, or a second launch
/// does; tiles of 256, 192 and 128 columns, in rows of tiles and one by one.
class EmulatedSums : public EmulatedLinear {};

TEST_P(EmulatedSums, OfSeveralClustersAreTheClippedSums) {
  check_clipped_sum_is_added(kernels, operands, factors);
}
TEST_P(EmulatedSums, OfSeveralClustersAreReleasedOnce) { check_released_sum(); }

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
                                         Case{{20, false, true, true, 8}, {60, 129, 448, 264}}),
                         case_name);

class EmulatedHopper : public OneGpu {};

TEST_P(EmulatedHopper, RoundsF32ToTheNearestTf32ForTheGramNorm) {
  for (const int T : {7, 129, 300}) {
    const Operands<float> operands({3, T, 136, 132}, random);
    const auto gram = Kernels<float>(kLinearKernels, {&operands}).gram();
    EXPECT_LE(max_relative(gram, operands.sq_norms()), kGramTolerance) << T;  // truncated: 1e-3
  }
}

TEST_P(EmulatedHopper, TakesF16) {
  const Operands<cuda::f16> operands({3, 70, 136, 132}, random);
  const Kernels<cuda::f16> kernels(kLinearKernels, {&operands});
  const auto factors = some_factors(3);
  EXPECT_LE(max_relative(kernels.width(), operands.sq_norms()), kTolerance);
  EXPECT_LE(max_relative(kernels.gram(), operands.sq_norms()), kGramTolerance);
  EXPECT_LE(relative(kernels.clipped(factors)[0], operands.clipped_sum(factors)), kTolerance);
}

TEST_P(EmulatedHopper, BoundsNormsOfTokensFromAbove) {
  const Operands<cuda::bf16> operands({2, 300, 136, 132}, random);
  check_bounds_of_token_norms(Kernels<cuda::bf16>(kLinearKernels, {&operands}), operands);
}

TEST_P(EmulatedHopper, GivesLayersInOneLaunchWhatTheyHaveAlone) {
  std::vector<Shape> shapes;
  for (int i = 0; i < 5; ++i) shapes.push_back({3, 72, 128 + 72 * i, 264});
  check_layers_together(kLinearKernels, shapes, random);
}

TEST_P(EmulatedHopper, FormsAnyBlockOfRowsOfASum) { check_blocks_of_rows(kLinearKernels, random); }

TEST_P(EmulatedHopper, SumsFactorsOfAnyMagnitude) {
  for (const auto& [p, d] : {std::pair{264, 136}, {520, 776}, {1288, 520}}) {
    check_factors_of_any_magnitude(kLinearKernels, p, d, random);
  }
}

TEST_P(EmulatedHopper, LeavesTheSumAsItIsWhereNoSampleCounts) {
  check_sum_of_nothing(kLinearKernels, random);
}

const Settings kSettings[] = {{.multiprocessors = 4},
                              {.multiprocessors = 12, .late_loads = true},
                              {.multiprocessors = 20, .late_stores = true, .late_products = true},
                              {8, true, true, true, 1, /*unfair=*/true}};

INSTANTIATE_TEST_SUITE_P(Gpus, EmulatedHopper, testing::ValuesIn(kSettings),
                         [](const auto& info) { return words(info.param); });

}  // namespace
}  // namespace clipbench::kernels
