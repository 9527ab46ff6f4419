// Full disks: files limited to a number of blocks of 512 bytes, and a small disk of its own.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/mount.h>

#include "bench/exit_code.h"
#include "bench/run_folder.h"
#include "tests/bench/fake_worker.h"
#include "tests/bench/survival.h"

namespace clipbench::bench {
namespace {

namespace fs = std::filesystem;
using testing::HasSubstr;

/// As on a full disk: writes fail, and at the limit only a part is written.
TEST(FullDisk, WhileReportsAreWrittenLosesNoRecord) {
  FakeWorker worker;
  worker.before_start = "ulimit -S -f 8";
  const Ended ended = worker.clipbench(two_cases());
  EXPECT_EQ(ended.exit_code, kUsage) << ended.err;
  EXPECT_THAT(ended.err, HasSubstr("clipbench: out: File too large; 2 finished cases are safe; "));
  EXPECT_THAT(ended.err, HasSubstr("--resume out"));
  EXPECT_EQ(RunFolder(worker.run_folder()).intact_records().size(), 2u);
  EXPECT_EQ(leftovers(worker.run_folder()), 0u);
  EXPECT_TRUE(worker.everyone_has_ended());
  worker.before_start = ":";
  EXPECT_EQ(worker.clipbench({"--resume", "out"}).exit_code, kPass);
  EXPECT_EQ(worker.starts(), 2);
}

TEST(FullDisk, WhileRecordsAreWrittenStopsTheRun) {
  FakeWorker worker;
  worker.before_start = "ulimit -S -f 12";  // progress.jsonl grows past it
  const Ended ended = worker.clipbench(two_cases({"--repetitions", "20"}));
  EXPECT_EQ(ended.exit_code, kUsage) << ended.err;
  EXPECT_THAT(ended.err, HasSubstr("No space left on device; "));
  const auto kept = RunFolder(worker.run_folder()).intact_records().size();
  EXPECT_GT(kept, 2u);
  EXPECT_LT(worker.starts(), 40);
  EXPECT_TRUE(worker.everyone_has_ended());
  worker.before_start = ":";
  EXPECT_EQ(worker.clipbench({"--resume", "out"}).exit_code, kPass);
  EXPECT_EQ(worker.starts(), 40);  // nothing that was measured is measured again
}

TEST(FullDisk, BeforeAnythingIsMeasuredIsSaidAtOnce) {
  FakeWorker worker;
  // No folder for temporary files: ThreadSanitizer's runtime writes one before main().
  worker.before_start = "ulimit -S -f 0; export TMPDIR=/dev/null";
  const Ended ended = worker.clipbench(two_cases());
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
    const Ended ended = worker.clipbench(two_cases());
    EXPECT_EQ(ended.exit_code, kUsage);
    EXPECT_THAT(ended.err, HasSubstr("out: No space left on device; 0 finished cases are safe"));
  }
  EXPECT_EQ(worker.starts(), 0);
}

}  // namespace
}  // namespace clipbench::bench
