#include "bench/progress_log.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>

#include "tests/bench/fake_worker.h"

namespace clipbench::bench {
namespace {

namespace fs = std::filesystem;

TEST(Progress, ACutLineCostsOnlyItself) {
  const TestFolder folder;
  const fs::path file = folder.path() / "progress.jsonl";
  const ProgressLog log(file);
  reporters::Record record;
  record.case_name = "a";
  log.case_finished(record, 1);
  std::ofstream(file, std::ios::app) << R"({"event":"finish","case":"b","sec)";
  record.case_name = "c";
  log.case_finished(record, 3);
  EXPECT_THAT(log.seconds_by_case(),
              testing::ElementsAre(testing::Pair("a", 1.0), testing::Pair("c", 3.0)));
}

TEST(Progress, NonsenseIsPassedOver) {
  const TestFolder folder;
  const fs::path file = folder.path() / "progress.jsonl";
  std::ofstream(file)
      << "{\"event\": 3}\n[1]\n\xff\n{\"event\":\"finish\",\"case\":[],\"seconds\":1}\n"
      << "{\"event\":\"start\",\"case\":\"x\"}\n";
  const ProgressLog log(file);
  EXPECT_EQ(log.unfinished_case(), "x");
  EXPECT_EQ(log.seconds_by_case().count("x"), 0u);
}

}  // namespace
}  // namespace clipbench::bench
