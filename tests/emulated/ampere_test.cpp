// The kernels of kernels/ampere, on an emulated GPU, against f64 products of the same operands.
#include "kernels/ampere/linear.h"

#include <gtest/gtest.h>

#include <random>
#include <utility>
#include <vector>

#include "checks.h"
#include "operands.h"

namespace clipbench::kernels {
namespace {

using ampere::kLinearKernels;

/// Sizes that are no multiple of a tile or a stage; copies that are done at once and late, warps
/// that run ahead.
std::vector<Case> all_cases() {
  std::vector<Case> cases;
  unsigned seed = 0;
  for (const Shape& shape :
       {Shape{1, 1, 8, 8}, Shape{3, 7, 8, 16}, Shape{2, 100, 264, 136}, Shape{3, 129, 136, 131},
        Shape{2, 8, 264, 5}, Shape{2, 260, 72, 250}, Shape{4, 64, 128, 128}}) {
    for (const bool late : {false, true}) {
      for (const bool unfair : {false, true}) {
        cases.push_back({{late ? 12 : 4, late, false, false, ++seed, unfair}, shape});
      }
    }
  }
  return cases;
}

class EmulatedAmpereLinear : public OneLayer<kLinearKernels> {};

TEST_P(EmulatedAmpereLinear, WidthNormIsTheGradientsNorm) {
  EXPECT_LE(max_relative(kernels.width(), operands.sq_norms()), kTolerance);
}

TEST_P(EmulatedAmpereLinear, GramNormIsTheGradientsNorm) {
  EXPECT_LE(max_relative(kernels.gram(), operands.sq_norms()), kGramTolerance);
}

TEST_P(EmulatedAmpereLinear, StoredGradientsAreRoundedOnceAndTheirOwnNormIsReturned) {
  check_stored_gradients(kernels, operands);
}

TEST_P(EmulatedAmpereLinear, ClippedSumIsAddedToWhatTheSumHoldsAndReadsNoSampleThatDoesNotCount) {
  check_clipped_sum_is_added(kernels, operands, factors);
}

INSTANTIATE_TEST_SUITE_P(Sizes, EmulatedAmpereLinear, testing::ValuesIn(all_cases()), case_name);

/// Where several blocks form a part of a tile's sum each.
class EmulatedAmpereSums : public EmulatedAmpereLinear {
 protected:
  void SetUp() override {
    EmulatedAmpereLinear::SetUp();
    auto sums = kernels.zeros();
    ASSERT_GT(kernels.sum_scratch(Kernels<In>::rows_of(sums, kernels.layers)).size(),
              sums[0].size());
  }
};

TEST_P(EmulatedAmpereSums, OfSeveralBlocksAreAddedToWhatTheSumHolds) {
  check_clipped_sum_is_added(kernels, operands, factors);
}

TEST_P(EmulatedAmpereSums, OfSeveralBlocksTakeFactorsOfAnyMagnitude) {
  for (std::size_t b = 2; b < factors.size(); b += 5) factors[b] *= b % 2 == 0 ? 2e-36f : 1e10f;
  operands.undo(factors);
  EXPECT_LE(relative(kernels.clipped(factors)[0], operands.clipped_sum(factors)), kTolerance);
}

INSTANTIATE_TEST_SUITE_P(Splits, EmulatedAmpereSums,
                         testing::Values(Case{{4, true, false, false, 1}, {20, 40, 64, 64}},
                                         Case{{12, true, false, false, 2, true}, {23, 65, 72, 136}},
                                         Case{{28, false, false, false, 3, true},
                                              {40, 33, 136, 7}}),
                         case_name);

class EmulatedAmpere : public OneGpu {};

TEST_P(EmulatedAmpere, RoundsF32ToTheNearestTf32ForTheGramNorm) {
  for (const int T : {7, 129}) {
    const Operands<float> operands({3, T, 136, 132}, random);
    const auto gram = Kernels<float>(kLinearKernels, {&operands}).gram();
    EXPECT_LE(max_relative(gram, operands.sq_norms()), kGramTolerance) << T;  // truncated: 1e-3
  }
}

TEST_P(EmulatedAmpere, TakesF16) {
  Operands<cuda::f16> operands({3, 70, 136, 132}, random);
  const Kernels<cuda::f16> kernels(kLinearKernels, {&operands});
  EXPECT_LE(max_relative(kernels.width(), operands.sq_norms()), kTolerance);
  EXPECT_LE(max_relative(kernels.gram(), operands.sq_norms()), kGramTolerance);
  check_stored_gradients(kernels, operands);
  check_clipped_sum_is_added(kernels, operands, some_factors(3));
}

TEST_P(EmulatedAmpere, BoundsNormsOfTokensFromAbove) {
  const Operands<cuda::bf16> operands({2, 150, 136, 132}, random);
  check_bounds_of_token_norms(Kernels<cuda::bf16>(kLinearKernels, {&operands}), operands);
}

TEST_P(EmulatedAmpere, GivesLayersInOneCallWhatTheyHaveAlone) {
  check_layers_together(kLinearKernels, {{3, 40, 72, 136}, {3, 40, 136, 8}, {3, 40, 264, 130}},
                        random);
}

TEST_P(EmulatedAmpere, FormsAnyBlockOfRowsOfASum) { check_blocks_of_rows(kLinearKernels, random); }

TEST_P(EmulatedAmpere, SumsFactorsOfAnyMagnitude) {
  for (const auto& [p, d] : {std::pair{64, 136}, {264, 132}}) {
    check_factors_of_any_magnitude(kLinearKernels, p, d, random);
    check_factors_far_below(kLinearKernels, p, d, random);
  }
}

TEST_P(EmulatedAmpere, LeavesTheSumAsItIsWhereNoSampleCounts) {
  check_sum_of_nothing(kLinearKernels, random);
}

const Settings kSettings[] = {{.multiprocessors = 4, .unfair = true},
                              {.multiprocessors = 12, .late_loads = true}};

INSTANTIATE_TEST_SUITE_P(Gpus, EmulatedAmpere, testing::ValuesIn(kSettings),
                         [](const auto& info) { return words(info.param); });

}  // namespace
}  // namespace clipbench::kernels
