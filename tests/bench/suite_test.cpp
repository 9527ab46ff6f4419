#include "bench/cases/suite.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <set>

#include "bench/methods/catalog.h"
#include "bench/name_filter.h"
#include "bench/options.h"
#include "bench/plan.h"

namespace clipbench::bench {
namespace {

std::vector<std::string> names(const std::vector<Case>& cases) {
  std::vector<std::string> result;
  for (const auto& one : cases) result.push_back(one.name());
  return result;
}

Plan plan(const std::vector<std::string>& argv, const std::string& device = "cpu") {
  return make_plan(parse_options(argv), device);
}

TEST(Suites, HaveDistinctCasesOnEveryDevice) {
  for (const auto& suite : all_suites())
    for (const char* device : {"cpu", "cuda"}) {
      const auto all = names(suite.selection(device).product());
      EXPECT_FALSE(all.empty());
      EXPECT_EQ(std::set<std::string>(all.begin(), all.end()).size(), all.size()) << suite.name;
    }
}

TEST(Suites, DefaultHasEveryMethodButTheOracleVanillaFirst) {
  const auto cpu = names(find_suite("default").selection("cpu").product());
  EXPECT_EQ(cpu.front(), "gpt2_tiny/vanilla/T:128/B:8/f32/cpu");
  EXPECT_EQ(cpu.size(), all_methods().size() - 1);
  EXPECT_THAT(cpu, testing::Not(testing::Contains(testing::HasSubstr("microbatch"))));
  const auto cuda = names(find_suite("default").selection("cuda").product());
  EXPECT_THAT(cuda, testing::Contains("gpt2_small/bk/T:1024/B:16/bf16/cuda"));
}

TEST(Suites, PaperHasEveryMethodAndFiveProcesses) {
  const Plan paper = plan({"--suite", "paper"});
  EXPECT_EQ(paper.cases.size(), all_methods().size());
  EXPECT_EQ(paper.repetitions, 5);
}

TEST(Selection, ListsMultiply) {
  const Plan chosen = plan({"--model", "gpt2_tiny", "--method", "vanilla,bk", "--seq", "8,16",
                            "--batch", "2,4", "--dtype", "f32,f64", "--clip", "abadi,autos"});
  EXPECT_EQ(chosen.cases.size(), 2u * 2 * 2 * 2 * 2);
  EXPECT_EQ(chosen.cases.front().name(), "gpt2_tiny/vanilla/T:8/B:2/f32/cpu");
  EXPECT_EQ(chosen.cases[1].method, "bk");  // methods stand together
}

TEST(Selection, AnotherModelBringsItsOwnSize) {
  EXPECT_EQ(plan({"--model", "gpt2_large", "--method", "bk"}, "cuda").cases.front().name(),
            "gpt2_large/bk/T:1024/B:8/bf16/cuda");
}

TEST(Selection, AKnobAtItsDefaultLeavesTheName) {
  EXPECT_EQ(plan({"--method", "bk", "--clip-norm", "1.0"}).cases.front().name(),
            "gpt2_tiny/bk/T:128/B:8/f32/cpu");
}

TEST(Filter, SelectsByExpressionAndNegatesWithALeadingMinus) {
  EXPECT_THAT(names(plan({"--filter", "/bk/"}).cases),
              testing::ElementsAre("gpt2_tiny/bk/T:128/B:8/f32/cpu"));
  const auto others = names(plan({"--filter", "-/bk/"}).cases);
  EXPECT_EQ(others.size(), all_methods().size() - 2);
  EXPECT_THAT(others, testing::Not(testing::Contains(testing::HasSubstr("/bk/"))));
}

TEST(Filter, ATablesHeadingSelectsItsGroup) {
  const auto cases = plan({"--benchmark_filter=gpt2_tiny/.*/T:128/B:8/f32/cpu"}).cases;
  EXPECT_EQ(cases.size(), all_methods().size() - 1);
}

TEST(Filter, AFullNameOrAHeadingOutsideTheSuiteNamesItsCasesItself) {
  EXPECT_EQ(plan({"--filter", "^gpt2_xl/bk/T:7/B:3/clip:psac/f64/cpu$"}).cases.front().name(),
            "gpt2_xl/bk/T:7/B:3/clip:psac/f64/cpu");
  EXPECT_EQ(plan({"--filter", "gpt2_xl/.*/T:7/B:3/f64/cpu"}).cases.size(), all_methods().size());
}

TEST(Filter, LooksAmongAllModelsWhenTheSuiteHasNone) {
  EXPECT_EQ(plan({"--filter", "gpt2_medium/ghost/"}).cases.front().model, "gpt2_medium");
}

TEST(Filter, StaysInsideANamedSuite) {
  EXPECT_THROW(plan({"--suite", "smoke", "--filter", "gpt2_medium"}), UsageError);
}

std::string one_to(int last) {
  std::string list = "1";
  for (int i = 2; i <= last; ++i) list += "," + std::to_string(i);
  return list;
}

TEST(Plan, TenThousandCasesTakeNoSecond) {
  const auto start = std::chrono::steady_clock::now();
  const Plan large = plan(
      {"--model", "gpt2_tiny", "--method", "bk", "--seq", one_to(100), "--batch", one_to(100)});
  EXPECT_EQ(large.cases.size(), 10'000u);
  EXPECT_LT(std::chrono::steady_clock::now() - start, std::chrono::seconds(1));
}

TEST(Plan, ListsThatMultiplyBeyondReasonAreRefused) {
  EXPECT_THROW(plan({"--seq", one_to(1000), "--batch", one_to(1000)}), UsageError);
}

}  // namespace
}  // namespace clipbench::bench
