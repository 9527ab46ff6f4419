// What the method `auto` chooses: by time alone where memory is no question, else the cheapest
// exchange of time for bytes; and how a plan is carried to a model of another number of blocks.
#include "bench/methods/planner.h"

#include <gtest/gtest.h>

#include "bench/methods/plan.h"
#include "bench/models/model.h"

namespace clipbench::bench {
namespace {

constexpr DeviceRates kRates{.flops = 160e12, .bytes = 1e12};

LinearShape on_hopper(std::int64_t T, std::int64_t p, std::int64_t d) {
  return {.B = 8, .T = T, .p = p, .d = d, .element_bytes = 2, .on_chip = true, .gram_tile = 256};
}

NormWay fastest(const LinearShape& shape) { return options_of(shape, kRates).front().way; }

TEST(Planner, ShortSequencesTakeTheGramLongOnesStoreGradients) {
  EXPECT_EQ(fastest(on_hopper(128, 768, 3072)), NormWay::fused_gram);
  EXPECT_EQ(fastest(on_hopper(256, 1280, 1280)), NormWay::fused_gram);
  EXPECT_EQ(fastest(on_hopper(1024, 768, 3072)), NormWay::stored_fused);
  EXPECT_EQ(fastest(on_hopper(4096, 1280, 1280)), NormWay::stored_fused);
}

TEST(Planner, SequencesShorterThanATileOfTheGramTakeItWhereLayersAreWide) {
  EXPECT_EQ(fastest(on_hopper(64, 1280, 5120)), NormWay::fused_gram);
  EXPECT_EQ(fastest(on_hopper(64, 1280, 1280)), NormWay::width);
  EXPECT_EQ(fastest(on_hopper(128, 1280, 1280)), NormWay::fused_gram);
  EXPECT_EQ(fastest(on_hopper(128, 768, 768)), NormWay::width);
  auto small_tiles = on_hopper(128, 768, 768);
  small_tiles.gram_tile = 128;
  EXPECT_EQ(fastest(small_tiles), NormWay::fused_gram);
}

TEST(Planner, SlowMemoryMakesTilesThatAreNotStoredTheFastest) {
  const auto shape = on_hopper(4096, 768, 768);
  EXPECT_EQ(options_of(shape, {.flops = 160e12, .bytes = 1e10}).front().way, NormWay::width);
}

TEST(Planner, OptionsSayWhatTheyKeep) {
  for (const auto& option : options_of(on_hopper(64, 256, 512), kRates)) {
    const bool stored = option.way == NormWay::stored_fused;
    EXPECT_EQ(option.kept_bytes, stored ? 2 * 8 * 256 * 512 : 2 * 8 * 64 * (256 + 512));
  }
}

TEST(Planner, LayersShareTheBytesOfTheirInput) {
  auto shape = on_hopper(64, 255, 512);
  shape.sharing_a = 3;
  for (const auto& option : options_of(shape, kRates)) {
    if (option.way != NormWay::width) continue;
    EXPECT_EQ(option.kept_bytes, 2 * 8 * 64 * (85 + 512));
  }
}

PlannedLayer layer(std::string name, std::int64_t live_bytes, std::vector<Option> options) {
  return {std::move(name), std::move(options), live_bytes, 0};
}

using enum NormWay;

TEST(Planner, TakesTheFastestWhereAllFits) {
  const std::vector<PlannedLayer> layers{layer("a", 100, {{stored_fused, 1, 50}, {width, 2, 10}}),
                                         layer("b", 50, {{fused_gram, 1, 50}, {width, 2, 10}})};
  EXPECT_EQ(choose(layers, 150), (std::vector<std::size_t>{0, 0}));
}

TEST(Planner, GivesUpTheLeastTimeForTheBytesThatDoNotFit) {
  const std::vector<PlannedLayer> layers{layer("a", 100, {{stored_fused, 1, 50}, {width, 9, 10}}),
                                         layer("b", 50, {{stored_fused, 1, 50}, {width, 2, 10}}),
                                         layer("c", 20, {{stored_fused, 1, 50}, {width, 4, 10}})};
  EXPECT_EQ(choose(layers, 165), (std::vector<std::size_t>{0, 1, 0}));
  EXPECT_EQ(choose(layers, 130),
            (std::vector<std::size_t>{1, 1, 0}));  // "c" is later than the peak
}

TEST(Planner, KeepsLeastWhereNothingFits) {
  const std::vector<PlannedLayer> layers{layer("a", 100, {{stored_fused, 1, 50}, {width, 9, 10}})};
  EXPECT_EQ(choose(layers, 0), (std::vector<std::size_t>{1}));
}

TEST(Planner, CountsWhatPassesBetweenVisits) {
  auto one = layer("a", 100, {{stored_fused, 1, 50}, {width, 2, 10}});
  EXPECT_EQ(choose({one}, 150), (std::vector<std::size_t>{0}));
  one.passing_bytes = 1;
  EXPECT_EQ(choose({one}, 150), (std::vector<std::size_t>{1}));
}

TEST(Plan, OfManyBlocksRunsEachOfItsWaysOnTwo) {
  const Plan plan{{"h.0.attn.q", width},      {"h.2.attn.q", width}, {"h.10.attn.q", fused_gram},
                  {"h.0.attn.k", fused_gram}, {"head", width},       {"h.11.attn.q", stored_fused}};
  const auto model = make_model({"two", 2, 8, 1, 11, 0, ""}, 4, at::kFloat, at::kCPU, 0, false);
  const auto small = fitted(plan, *model);
  EXPECT_EQ(small.at("h.1.attn.q"), stored_fused);  // the backward pass meets the last block first
  EXPECT_EQ(small.at("h.0.attn.q"), fused_gram);
  EXPECT_EQ(small.at("h.0.attn.k"), fused_gram);
  EXPECT_EQ(small.at("h.1.attn.k"), fused_gram);
  EXPECT_EQ(small.at("head"), width);
  EXPECT_FALSE(small.contains("h.0.attn.v"));
}

}  // namespace
}  // namespace clipbench::bench
