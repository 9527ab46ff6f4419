// How often comparisons are wrong, on times that were measured once and kept (pools/*.tsv: a line
// `# slowdown 1.1`, then a line a case, 40 interleaved processes each). Equal code must pass; the
// slowdown of the first line must be found. 0 stands there where the machine was too busy for any:
// such a pool says something about equal code only.
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <numeric>
#include <random>
#include <sstream>

#include "comparison/judge_time.h"

namespace clipbench::comparison {
namespace {

namespace fs = std::filesystem;
using Times = std::vector<double>;

constexpr int kDraws = 200;
/// The share of wrong verdicts is to be known to half a percent.
constexpr int kEqualDraws = 2000;
constexpr std::size_t kGroup = 7;

struct KeptTimes {
  double slowdown = 0;
  std::vector<Times> cases;
};

KeptTimes read_pool(const fs::path& path) {
  KeptTimes pool;
  std::ifstream file(path);
  std::string word;
  file >> word >> word >> pool.slowdown >> std::ws;
  for (std::string line; std::getline(file, line);) {
    std::istringstream words(line);
    words >> word;  // the case's name
    pool.cases.emplace_back();
    for (double ms = 0; words >> ms;) pool.cases.back().push_back(ms);
  }
  return pool;
}

/// Two disjoint groups of processes of every case, drawn alike from the pool.
std::vector<ProcessTimes> draw(const std::vector<Times>& pool, std::mt19937_64& random) {
  std::vector<ProcessTimes> cases;
  for (const Times& times : pool) {
    std::vector<std::size_t> order(times.size());
    std::iota(order.begin(), order.end(), 0);
    std::shuffle(order.begin(), order.end(), random);
    ProcessTimes one;
    for (std::size_t i = 0; i < kGroup; ++i) {
      one.base_ms.push_back(times[order[i]]);
      one.new_ms.push_back(times[order[kGroup + i]]);
    }
    cases.push_back(std::move(one));
  }
  return cases;
}

std::vector<fs::path> pools() {
  std::vector<fs::path> paths;
  for (const auto& entry : fs::directory_iterator(fs::path(__FILE__).parent_path() / "pools"))
    if (entry.path().extension() == ".tsv") paths.push_back(entry.path());
  std::sort(paths.begin(), paths.end());
  return paths;
}

class Pool : public testing::TestWithParam<fs::path> {
 protected:
  const KeptTimes pool = read_pool(GetParam());
  std::mt19937_64 random{2026};
};

TEST_P(Pool, HoldsFortyProcessesACase) {
  ASSERT_FALSE(pool.cases.empty());
  for (const Times& times : pool.cases) EXPECT_EQ(times.size(), 40U);
}

TEST_P(Pool, EqualCodeIsCalledDifferentInAtMostFivePercentOfComparisons) {
  int wrong = 0;
  for (int i = 0; i < kEqualDraws; ++i) {
    const auto judged = judge_times(draw(pool.cases, random));
    wrong += std::any_of(judged.begin(), judged.end(), [](const TimeJudgement& time) {
      return time.verdict == Verdict::regressed || time.verdict == Verdict::improved;
    });
  }
  RecordProperty("wrong", wrong);
  EXPECT_LE(wrong, kEqualDraws * 5 / 100);
}

/// Comparisons, of kDraws, that call the one case whose new processes are slowed down regressed.
int found_slowdowns(const std::vector<Times>& pool, double slowdown, std::mt19937_64& random) {
  int found = 0;
  for (std::size_t i = 0; i < kDraws; ++i) {
    auto cases = draw(pool, random);
    const std::size_t slowed = i % cases.size();
    for (double& ms : cases[slowed].new_ms) ms *= slowdown;
    found += judge_times(cases)[slowed].verdict == Verdict::regressed;
  }
  return found;
}

TEST_P(Pool, ASlowdownIsFoundInNinetyFivePercentOfComparisons) {
  if (pool.slowdown == 0) GTEST_SKIP() << "too busy a machine";
  const int found = found_slowdowns(pool.cases, pool.slowdown, random);
  RecordProperty("found", found);
  EXPECT_GE(found, kDraws * 95 / 100);
}

/// As a machine would be whose processes differ by 2 % (standard deviation).
std::vector<Times> quiet_machine(std::mt19937_64& random) {
  std::normal_distribution<double> ms(100, 2);
  std::vector<Times> pool(4, Times(40));
  for (Times& times : pool)
    for (double& time : times) time = ms(random);
  return pool;
}

TEST(QuietMachine, TenPercentAreFoundInNinetyFivePercentOfComparisons) {
  std::mt19937_64 random(7);
  EXPECT_GE(found_slowdowns(quiet_machine(random), 1.10, random), kDraws * 95 / 100);
}

std::string stem(const testing::TestParamInfo<fs::path>& info) {
  return info.param.stem().string();
}

INSTANTIATE_TEST_SUITE_P(Kept, Pool, testing::ValuesIn(pools()), stem);

}  // namespace
}  // namespace clipbench::comparison
