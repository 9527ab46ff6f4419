// Every mutation is reported, its counterpart is not, and the table in README.md says so.
#include "tests/training/mutations.h"

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <regex>

#include <gtest/gtest.h>

namespace clipbench::bench::test {

std::vector<Mutation> all_mutations() {
  std::vector<Mutation> all;
  for (auto list :
       {norm_mutations(), operand_mutations(), release_mutations(), schedule_mutations()}) {
    all.insert(all.end(), list.begin(), list.end());
  }
  std::stable_sort(all.begin(), all.end(), [](auto& x, auto& y) { return x.trap < y.trap; });
  return all;
}

namespace {

const std::filesystem::path kTable = std::filesystem::path(__FILE__).parent_path() / "README.md";
constexpr const char* kBegin = "<!-- mutations: begin -->\n";
constexpr const char* kEnd = "<!-- mutations: end -->";

std::string title(const Mutation& m) { return std::to_string(m.trap) + ", " + m.name; }

/// Without figures and without which parameter was worst: both differ from CPU to CPU.
std::string without_figures(const std::string& line) {
  const std::regex figure(R"((^|[\s(-])-?([0-9.]+(e[-+]?[0-9]+)?|-?nan|-?inf)\b)");
  const std::regex worst(R"(^\S+?(:? (its sum|differs from the sum|differs by)))");
  return std::regex_replace(std::regex_replace(line, figure, "$1…"), worst, "a parameter$1");
}

std::string make_table() {
  std::string table = "| Trap | Mutation | Check | Reports |\n|---|---|---|---|\n";
  for (const auto& m : all_mutations()) {
    table += "| " + std::to_string(m.trap) + " | " + m.name + " | `" + m.check + "` | " +
             without_figures(m.report(/*defective=*/true)) + " |\n";
  }
  return table;
}

std::string read(const std::filesystem::path& path) {
  std::ifstream in(path);
  return {std::istreambuf_iterator<char>(in), {}};
}

TEST(Mutations, AreReportedAndTheirCounterpartsAreNot) {
  for (const auto& m : all_mutations()) {
    EXPECT_NE(m.report(/*defective=*/true), "") << title(m);
    EXPECT_EQ(m.report(/*defective=*/false), "") << title(m);
  }
}

TEST(Mutations, CoverTheTrapsThatACheckCanNotice) {
  std::vector<int> traps;
  for (const auto& m : all_mutations()) traps.push_back(m.trap);
  traps.erase(std::unique(traps.begin(), traps.end()), traps.end());
  EXPECT_EQ(traps, (std::vector<int>{1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 12, 14, 15}));
}

/// CLIPBENCH_REGENERATE_GOLDENS=1 writes it.
TEST(Mutations, TableInTheReadmeIsCurrent) {
  const auto text = read(kTable);
  const auto begin = text.find(kBegin), end = text.find(kEnd);
  ASSERT_NE(begin, std::string::npos);
  ASSERT_NE(end, std::string::npos);
  const auto first = begin + std::string(kBegin).size();
  const auto table = make_table();
  if (std::getenv("CLIPBENCH_REGENERATE_GOLDENS")) {
    std::ofstream(kTable) << text.substr(0, first) << table << text.substr(end);
    return;
  }
  EXPECT_EQ(text.substr(first, end - first), table);
}

}  // namespace
}  // namespace clipbench::bench::test
