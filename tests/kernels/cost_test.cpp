// Counts of kernels/cost.h, by hand and where two ways cost the same.
#include "kernels/cost.h"

#include <gtest/gtest.h>

namespace clipbench::kernels {
namespace {

constexpr LinearSize kSmall{.B = 2, .T = 3, .p = 4, .d = 5};

TEST(Cost, OfProductsIsTwoFlopsATokenAndWeight) {
  EXPECT_EQ(weight_gradient_cost(kSmall).flops, 2 * 2 * 3 * 4 * 5);
  EXPECT_EQ(width_norm_cost(kSmall).flops, 2 * 2 * 3 * 4 * 5);
  EXPECT_EQ(clipped_sum_cost(kSmall).flops, 2 * 2 * 3 * 4 * 5);
  EXPECT_EQ(stored_norm_cost(kSmall, 2).flops, 2 * 2 * 3 * 4 * 5);
}

TEST(Cost, OfGramNormsIsTwoTriangles) {
  EXPECT_EQ(fused_gram_norm_cost(kSmall).flops, 2 * 3 * 3 * (4 + 5));
  EXPECT_EQ(gram_norm_cost(kSmall).flops, 2 * 2 * 3 * 3 * (4 + 5));
}

TEST(Cost, OfBytesIsWhatLeavesTheChip) {
  EXPECT_EQ(width_norm_cost(kSmall).bytes, 0);
  EXPECT_EQ(fused_gram_norm_cost(kSmall).bytes, 0);
  EXPECT_EQ(clipped_sum_cost(kSmall).bytes, 0);
  EXPECT_EQ(gram_norm_cost(kSmall).bytes, 2 * (2 * 3 * 3) * 4 * 2);
  EXPECT_EQ(stored_norm_cost(kSmall, 2).bytes, 2 * 4 * 5 * 2);
  EXPECT_EQ(weighted_sum_cost(kSmall, 4).bytes, 2 * 4 * 5 * 4);
}

TEST(Cost, OfGramAndWidthAreEqualAtTheHarmonicMeanOfTheSides) {
  const LinearSize size{.B = 8, .T = 2 * 1280 * 5120 / (1280 + 5120), .p = 1280, .d = 5120};
  EXPECT_EQ(fused_gram_norm_cost(size).flops, width_norm_cost(size).flops);
}

TEST(Cost, AtRatesIsFlopsAndThenBytes) {
  EXPECT_DOUBLE_EQ((Cost{6, 10}).seconds(3, 4), 6. / 3 + 10. / 4);
}

TEST(Cost, OfLargeLayersDoesNotOverflow) {
  const LinearSize size{.B = 1 << 12, .T = 1 << 17, .p = 1 << 16, .d = 1 << 18};
  EXPECT_EQ(weight_gradient_cost(size).flops, 0x1p64);
  EXPECT_EQ(stored_norm_cost(size, 2).bytes, 0x1p47);
}

}  // namespace
}  // namespace clipbench::kernels
