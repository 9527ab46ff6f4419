// Faults during a run: what was measured is there and valid, a line says what happened, --resume
// goes on. Workers inject them, so none depends on time.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/mount.h>

#include <csignal>
#include <fstream>

#include "bench/exit_code.h"
#include "bench/file_path.h"
#include "bench/progress_log.h"
#include "bench/run_folder.h"
#include "tests/bench/fake_worker.h"

namespace clipbench::bench {
namespace {

namespace fs = std::filesystem;
using testing::HasSubstr;
using testing::Not;

/// vanilla, then ghost.
const std::vector<std::string> kTwoCases = {"--suite",  "smoke", "--method", "vanilla,ghost",
                                            "--device", "cpu",   "--out",    "out"};

std::size_t leftovers(const fs::path& folder) {
  std::size_t count = 0;
  for (const auto& entry : fs::recursive_directory_iterator(folder))
    count += entry.path().filename().string().find(".tmp") != std::string::npos;
  return count;
}

/// Goes on without the fault: only ghost is measured, and the folder is whole.
void expect_goes_on(FakeWorker& worker, const std::string& line) {
  worker.behaviour.clear();
  worker.variables.clear();
  const int before = worker.starts();
  const Ended resumed = worker.clipbench({"--resume", "out"});
  EXPECT_EQ(resumed.exit_code, kPass) << resumed.err;
  EXPECT_THAT(resumed.err, HasSubstr(line));
  EXPECT_EQ(worker.starts(), before + 1);
  EXPECT_EQ(RunFolder(worker.run_folder()).intact_records().size(), 2u);
  EXPECT_EQ(leftovers(worker.run_folder()), 0u);
  EXPECT_EQ(worker.clipbench({"compare", "out", "out"}).exit_code, kPass);
}

class ParentKilled : public testing::TestWithParam<const char*> {};

TEST_P(ParentKilled, LosesOnlyTheCaseThatRan) {
  FakeWorker worker;
  worker.behaviour["ghost"] = GetParam();
  EXPECT_EQ(worker.clipbench(kTwoCases).signal, SIGKILL);
  EXPECT_EQ(RunFolder(worker.run_folder()).intact_records().size(), 1u);
  expect_goes_on(worker, "the run before was cut off in gpt2_tiny/ghost/");
}

INSTANTIATE_TEST_SUITE_P(By, ParentKilled, testing::Values("orphan", "both"),
                         [](const auto& info) { return std::string(info.param); });

TEST(Survival, AWorkerDoesNotOutliveItsParent) {
  FakeWorker worker;
  worker.behaviour["ghost"] = "orphan";
  worker.clipbench(kTwoCases);
  for (int i = 0; i < 5000 && !worker.helper_has_ended(); ++i) usleep(1000);  // the kernel's time
  EXPECT_TRUE(worker.helper_has_ended());
}

TEST(Survival, AWorkerKilledWhileItWritesLeavesNoHalfFile) {
  FakeWorker worker;
  worker.behaviour["ghost"] = "half";
  const Ended ended = worker.clipbench(kTwoCases);
  EXPECT_EQ(ended.exit_code, kFinding);
  EXPECT_THAT(ended.err, HasSubstr("signal 9 (SIGKILL) in timing"));
  EXPECT_EQ(leftovers(worker.run_folder()), 0u);
  expect_goes_on(worker, "1 of 2 processes already measured");
}

TEST(Survival, EndlessOutputIsStoppedByTheTimeout) {
  FakeWorker worker;
  worker.behaviour["ghost"] = "flood";
  auto argv = kTwoCases;
  argv.insert(argv.end(), {"--timeout", "0.3s"});
  const Ended ended = worker.clipbench(argv);
  EXPECT_EQ(ended.exit_code, kFinding);
  EXPECT_THAT(ended.err, HasSubstr("stopped after 0.3 s (--timeout)"));
  EXPECT_LT(ended.seconds, 20);
  expect_goes_on(worker, "1 of 2 processes already measured");
}

TEST(Survival, ARecordLargerThanAnyIsNotRead) {
  FakeWorker worker;
  worker.behaviour["ghost"] = "huge";
  const Ended ended = worker.clipbench(kTwoCases);
  EXPECT_EQ(ended.exit_code, kFinding);
  EXPECT_THAT(ended.err, HasSubstr("not a record: 314572800 bytes"));
  expect_goes_on(worker, "1 of 2 processes already measured");
}

TEST(Survival, ASecondRunInTheFolderIsRefusedAndHarmsNothing) {
  FakeWorker worker;
  worker.behaviour["ghost"] = "rival";
  worker.variables["RIVAL"] = (own_binary().parent_path() / "clipbench").string();
  EXPECT_EQ(worker.clipbench(kTwoCases).exit_code, kPass);
  EXPECT_EQ(read_text(worker.folder() / "rival.code"), "3\n");
  EXPECT_EQ(read_text(worker.folder() / "rival.err"),
            "clipbench: out: another clipbench is measuring there; wait for it (then: clipbench "
            "--resume out), or name another folder with --out\n");
  EXPECT_EQ(worker.starts(), 2);
  EXPECT_EQ(RunFolder(worker.run_folder()).intact_records().size(), 2u);
}

/// Starts clipbench with files limited to `blocks` of 512 bytes; the worker lifts its own limit.
Ended with_file_limit(const FakeWorker& worker, int blocks, const std::vector<std::string>& argv) {
  ProcessRequest request = worker.request(argv);
  request.argv.back() = "ulimit -S -f " + std::to_string(blocks) + "; " + request.argv.back();
  const ProcessResult result = run_process(request);
  return {result.exit_code, result.signal, read_text(worker.folder() / "stdout"),
          read_text(worker.folder() / "stderr"), result.seconds};
}

/// As on a full disk: writes fail, and at the limit only a part is written.
TEST(FullDisk, WhileReportsAreWrittenLosesNoRecord) {
  FakeWorker worker;
  const Ended ended = with_file_limit(worker, 8, kTwoCases);
  EXPECT_EQ(ended.exit_code, kUsage) << ended.err;
  EXPECT_THAT(ended.err, HasSubstr("clipbench: out: File too large; 2 finished cases are safe; "));
  EXPECT_THAT(ended.err, HasSubstr("--resume out"));
  EXPECT_EQ(RunFolder(worker.run_folder()).intact_records().size(), 2u);
  EXPECT_EQ(leftovers(worker.run_folder()), 0u);
  EXPECT_EQ(worker.clipbench({"--resume", "out"}).exit_code, kPass);
  EXPECT_EQ(worker.starts(), 2);
}

TEST(FullDisk, WhileRecordsAreWrittenStopsTheRun) {
  FakeWorker worker;
  auto argv = kTwoCases;
  argv.insert(argv.end(), {"--repetitions", "20"});  // progress.jsonl grows past the limit
  const Ended ended = with_file_limit(worker, 12, argv);
  EXPECT_EQ(ended.exit_code, kUsage) << ended.err;
  EXPECT_THAT(ended.err, HasSubstr("No space left on device; "));
  const auto kept = RunFolder(worker.run_folder()).intact_records().size();
  EXPECT_GT(kept, 2u);
  EXPECT_LT(worker.starts(), 40);
  EXPECT_EQ(worker.clipbench({"--resume", "out"}).exit_code, kPass);
  EXPECT_EQ(worker.starts(), 40);  // nothing that was measured is measured again
}

TEST(FullDisk, BeforeAnythingIsMeasuredIsSaidAtOnce) {
  const FakeWorker worker;
  const Ended ended = with_file_limit(worker, 0, kTwoCases);
  EXPECT_EQ(ended.exit_code, kUsage);
  EXPECT_EQ(worker.starts(), 0);
}

/// 1 MiB, mounted where a run will be; gone with the test.
class SmallDisk {
 public:
  explicit SmallDisk(const fs::path& path) : path_(path) {
    fs::create_directories(path_);
    mounted_ = mount("tmpfs", path_.c_str(), "tmpfs", 0, "size=1m") == 0;
  }
  ~SmallDisk() {
    if (mounted_) umount2(path_.c_str(), MNT_DETACH);
  }
  bool mounted() const { return mounted_; }

 private:
  const fs::path path_;
  bool mounted_;
};

TEST(FullDisk, WithoutRoomForARecordStartsNoWorker) {
  const FakeWorker worker;
  {
    const SmallDisk disk(worker.run_folder());
    if (!disk.mounted()) GTEST_SKIP() << "mounting a small disk needs root";
    const Ended ended = worker.clipbench(kTwoCases);
    EXPECT_EQ(ended.exit_code, kUsage);
    EXPECT_THAT(ended.err, HasSubstr("out: No space left on device; 0 finished cases are safe"));
  }
  EXPECT_EQ(worker.starts(), 0);
}

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

TEST(Clock, ThatJumpsEndsNoCaseAndTurnsNoTime) {
  const fs::path jumps = own_binary().parent_path() / "libclock_jumps.so";
  if (!fs::exists(jumps)) GTEST_SKIP() << "not built with sanitizers";
  FakeWorker worker;
  worker.variables["LD_PRELOAD"] = jumps.string();
  const Ended ended = worker.clipbench(kTwoCases);
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
    if (!fs::exists(nvml_)) GTEST_SKIP() << "not built with sanitizers";
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
