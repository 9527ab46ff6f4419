// A clock that jumps, a GPU that others fill.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>

#include "bench/exit_code.h"
#include "bench/file_path.h"
#include "bench/run_folder.h"
#include "tests/bench/fake_worker.h"

namespace clipbench::bench {
namespace {

namespace fs = std::filesystem;
using testing::HasSubstr;

TEST(Clock, ThatJumpsEndsNoCaseAndTurnsNoTime) {
  const fs::path jumps = own_binary().parent_path() / "libclock_jumps.so";
  FakeWorker worker;
  worker.variables["LD_PRELOAD"] = jumps.string();
  const Ended ended = worker.clipbench(two_cases());
  EXPECT_EQ(ended.exit_code, kPass) << ended.err;
  for (const auto& record : RunFolder(worker.run_folder()).intact_records()) {
    EXPECT_GE(record.seconds.at("process"), 0);
    EXPECT_LT(record.seconds.at("process"), 60);
  }
  EXPECT_THAT(read_text(worker.run_folder() / "run.json"), HasSubstr("\"started_utc\": \"20"));
  EXPECT_EQ(worker.clipbench({"--resume", "out"}).exit_code, kPass);
  EXPECT_EQ(worker.starts(), 2);
}

class CrowdedGpu : public testing::Test {
 protected:
  void SetUp() override {
    worker_.variables["LD_LIBRARY_PATH"] = nvml_.parent_path().string();
    worker_.variables["CUDA_VISIBLE_DEVICES"] = "0";
    worker_.variables["FAKE_NVML_USED"] = (worker_.folder() / "gpu_used").string();
    argv_ = {"--suite", "smoke", "--method", "vanilla,ghost", "--device", "cuda", "--out", "out"};
  }
  void others_hold(std::int64_t bytes) { std::ofstream(worker_.folder() / "gpu_used") << bytes; }

  const fs::path nvml_ = own_binary().parent_path() / "fake_nvml" / "libnvidia-ml.so.1";
  FakeWorker worker_;
  std::vector<std::string> argv_;
};

TEST_F(CrowdedGpu, IsRefusedBeforeTheRun) {
  others_hold(60'000'000'000);
  const Ended ended = worker_.clipbench(argv_);
  EXPECT_EQ(ended.exit_code, kNotUsable);
  EXPECT_THAT(ended.err, HasSubstr("57220 MiB held by processes that can't be seen from here"));
  EXPECT_EQ(worker_.starts(), 0);
}

TEST_F(CrowdedGpu, MakesAnOutOfMemoryThatIsMeasuredAgain) {
  others_hold(0);
  worker_.behaviour["ghost"] = "crowded";
  const Ended ended = worker_.clipbench(argv_);
  EXPECT_THAT(ended.out + ended.err, HasSubstr("other processes held 61035 MiB of the GPU"));
  others_hold(0);
  worker_.behaviour.clear();
  const Ended resumed = worker_.clipbench({"--resume", "out"});
  EXPECT_EQ(resumed.exit_code, kPass) << resumed.err;
  EXPECT_EQ(worker_.starts(), 3);
}

}  // namespace
}  // namespace clipbench::bench
