#include "guard/budget_file.h"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <sys/file.h>
#include <unistd.h>

#include <chrono>
#include <filesystem>
#include <future>

#include "tests/guard/temporary_file.h"

namespace clipbench::guard {
namespace {

using profiler::Component;
using testing::HasSubstr;

Budget budget_of(std::int64_t peak_bytes, std::int64_t activations) {
  Budget budget;
  budget.peak_bytes = peak_bytes;
  budget.components[static_cast<std::size_t>(Component::activations)] = activations;
  return budget;
}

std::string refusal(const std::filesystem::path& file, const std::string& name = "step/cpu") {
  try {
    read_budget(file, name);
  } catch (const BudgetError& error) {
    return error.what();
  }
  return "";
}

constexpr const char* kTwo = R"({
  "schema": "clipbench.budgets/1",
  "budgets": {
    "a/cpu": {
      "peak_bytes": 7,
      "components": {}
    },
    "step/cpu": {
      "peak_bytes": 12,
      "components": {
        "activations": 10
      }
    }
  }
}
)";

TEST(BudgetFile, IsReadAndWritten) {
  const TemporaryFile file;
  EXPECT_EQ(write_budget(file.path, "step/cpu", budget_of(12, 10)),
            "peak_bytes 0 -> 12, activations 0 -> 10");
  EXPECT_EQ(write_budget(file.path, "a/cpu", budget_of(7, 0)), "peak_bytes 0 -> 7");
  EXPECT_EQ(file.text(), kTwo);
  EXPECT_EQ(read_budget(file.path, "step/cpu"), budget_of(12, 10));
}

TEST(BudgetFile, AnUpdateChangesItsOwnEntryAlone) {
  const TemporaryFile file(kTwo);
  EXPECT_EQ(write_budget(file.path, "step/cpu", budget_of(12, 9)), "activations 10 -> 9");
  std::string expected = kTwo;
  expected.replace(expected.find("\"activations\": 10"), 17, "\"activations\": 9");
  EXPECT_EQ(file.text(), expected);
}

TEST(BudgetFile, AnUpdateThatChangesNothingDoesNotTouchTheFile) {
  const std::string by_hand =
      R"({"budgets":{"step/cpu":{"components":{},"peak_bytes":3}},"schema":"clipbench.budgets/1"})";
  const TemporaryFile file(by_hand);
  EXPECT_EQ(write_budget(file.path, "step/cpu", budget_of(3, 0)), "");
  EXPECT_EQ(file.text(), by_hand);
}

TEST(BudgetFile, AnUpdateWaitsForAnother) {
  const TemporaryFile file(kTwo);
  const int other = open(file.path.c_str(), O_RDONLY);
  ASSERT_EQ(flock(other, LOCK_EX), 0);
  auto update = std::async(std::launch::async,
                           [&] { return write_budget(file.path, "a/cpu", budget_of(8, 0)); });
  EXPECT_EQ(update.wait_for(std::chrono::milliseconds(50)), std::future_status::timeout);
  EXPECT_EQ(file.text(), kTwo);
  close(other);
  EXPECT_EQ(update.get(), "peak_bytes 7 -> 8");
}

TEST(BudgetFile, WhatIsMissingIsNamedWithTheRemedy) {
  const TemporaryFile file(kTwo);
  EXPECT_EQ(refusal(file.path, "b/cpu"), file.path.string() +
                                             ": no budget \"b/cpu\" among: a/cpu, step/cpu; "
                                             "CLIPBENCH_UPDATE_BUDGETS=1 writes what is measured");
  EXPECT_EQ(refusal("/nowhere/budgets.json"),
            "/nowhere/budgets.json: No such file or directory; CLIPBENCH_UPDATE_BUDGETS=1 writes "
            "what is measured");
}

TEST(BudgetFile, WhatIsWrongIsNamed) {
  const auto refusal_of = [](const std::string& text) {
    const TemporaryFile file(text);
    return refusal(file.path);
  };
  const auto entry = [](const std::string& text) {
    return R"({"schema":"clipbench.budgets/1","budgets":{"step/cpu":)" + text + "}}";
  };
  EXPECT_THAT(refusal_of(""), HasSubstr(": not JSON"));
  EXPECT_THAT(refusal_of("{}"), HasSubstr("\"schema\" must be \"clipbench.budgets/1\""));
  EXPECT_THAT(refusal_of(R"({"schema":"clipbench.budgets/1"})"),
              HasSubstr("\"budgets\" must be an object"));
  EXPECT_THAT(refusal_of(entry("3")), HasSubstr("\"step/cpu\": \"peak_bytes\" is missing"));
  EXPECT_THAT(refusal_of(entry(R"({"peak_bytes":1.5,"components":{}})")),
              HasSubstr("\"peak_bytes\" must be an integer, 0 or more"));
  EXPECT_THAT(refusal_of(entry(R"({"peak_bytes":1})")),
              HasSubstr("\"components\" must be an object"));
  EXPECT_THAT(refusal_of(entry(R"({"peak_bytes":1,"components":{"activation":1}})")),
              HasSubstr("unknown component \"activation\""));
  EXPECT_THAT(refusal_of(entry(R"({"peak_bytes":1,"components":{"batch":-1}})")),
              HasSubstr("\"batch\" must be an integer, 0 or more"));
}

TEST(BudgetFile, ABrokenFileIsNotOverwritten) {
  const TemporaryFile file("{\"schema\"");
  EXPECT_THROW(write_budget(file.path, "step/cpu", budget_of(1, 1)), BudgetError);
  EXPECT_EQ(file.text(), "{\"schema\"");
}

}  // namespace
}  // namespace clipbench::guard
