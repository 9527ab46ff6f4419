#include "tests/bench/survival.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "bench/exit_code.h"
#include "bench/run_folder.h"

namespace clipbench::bench {
namespace {

namespace fs = std::filesystem;

bool vanilla_is_measured(const FakeWorker& worker) {
  for (const auto& record : RunFolder(worker.run_folder()).read_records().records)
    if (record.config.method == "vanilla" && record.status == reporters::Status::ok) return true;
  return false;
}

}  // namespace

std::size_t leftovers(const fs::path& folder) {
  std::size_t count = 0;
  for (const auto& entry : fs::recursive_directory_iterator(folder))
    count += entry.path().filename().string().find(".tmp") != std::string::npos;
  return count;
}

void expect_survived(FakeWorker& worker, const std::string& line) {
  EXPECT_TRUE(worker.everyone_has_ended());
  EXPECT_TRUE(vanilla_is_measured(worker));
  worker.behaviour.clear();
  worker.variables.clear();
  const int before = worker.starts();
  const Ended resumed = worker.clipbench({"--resume", "out"});
  EXPECT_EQ(resumed.exit_code, kPass) << resumed.err;
  EXPECT_THAT(resumed.err, testing::HasSubstr(line));
  EXPECT_EQ(worker.starts(), before + 1);
  EXPECT_EQ(RunFolder(worker.run_folder()).intact_records().size(), 2u);
  EXPECT_EQ(leftovers(worker.run_folder()), 0u);
  EXPECT_EQ(worker.clipbench({"compare", "out", "out"}).exit_code, kPass);
}

}  // namespace clipbench::bench
