// `--dump` as the parent understands it, with a stand-in for the worker.
#include <fstream>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "bench/exit_code.h"
#include "tests/bench/fake_worker.h"

namespace clipbench::bench {
namespace {

namespace fs = std::filesystem;
using testing::HasSubstr;

const std::vector<std::string> kTwoCases = {"--suite",       "smoke",    "--method",
                                            "vanilla,ghost", "--device", "cpu"};

Ended run(const FakeWorker& worker, const std::vector<std::string>& more) {
  auto argv = kTwoCases;
  argv.insert(argv.end(), more.begin(), more.end());
  return worker.clipbench(argv);
}

TEST(Dump, HasASubFolderACase) {
  const FakeWorker worker;
  EXPECT_EQ(run(worker, {"--out", "out", "--dump", "dumps"}).exit_code, kPass);
  for (const auto* method : {"vanilla", "ghost"}) {
    const auto name = std::string("gpt2_tiny.") + method + ".T-32.B-2.f32.cpu";
    EXPECT_TRUE(fs::exists(worker.folder() / "dumps" / name / "meta.json")) << name;
  }
}

TEST(Dump, IsNotWrittenUnlessAskedFor) {
  const FakeWorker worker;
  run(worker, {"--out", "out"});
  EXPECT_FALSE(fs::exists(worker.folder() / "dumps"));
}

TEST(Dump, OfAFinishedCaseIsNotWrittenAgain) {
  const FakeWorker worker;
  run(worker, {"--out", "out", "--dump", "dumps"});
  run(worker, {"--resume", "out", "--dump", "dumps"});
  EXPECT_EQ(worker.starts(), 2);
}

TEST(Dump, AFinishedCaseWithoutOneIsMeasuredAgain) {
  const FakeWorker worker;
  run(worker, {"--out", "out", "--dump", "dumps"});
  fs::remove(worker.folder() / "dumps/gpt2_tiny.ghost.T-32.B-2.f32.cpu/meta.json");
  run(worker, {"--resume", "out", "--dump", "dumps"});
  EXPECT_EQ(worker.starts(), 3);
}

TEST(Dump, ChangesNoKey) {
  const FakeWorker worker;
  run(worker, {"--out", "out", "--dump", "dumps"});
  EXPECT_EQ(run(worker, {"--out", "out", "--resume-latest"}).exit_code, kPass);
  EXPECT_EQ(worker.starts(), 2);
}

TEST(Dump, IsRefusedBeforeMeasuringWhereItsFolderCannotBeMade) {
  const FakeWorker worker;
  std::ofstream(worker.folder() / "file") << "text";
  const Ended ended = run(worker, {"--out", "out", "--dump", "file"});
  EXPECT_EQ(ended.exit_code, kUsage);
  EXPECT_THAT(ended.err, HasSubstr("--dump file: cannot be written"));
  EXPECT_EQ(worker.starts(), 0);
}

TEST(Dump, IsRefusedByVerify) {
  const FakeWorker worker;
  const Ended ended = worker.clipbench({"verify", "--dump", "dumps"});
  EXPECT_EQ(ended.exit_code, kUsage);
  EXPECT_THAT(ended.err, HasSubstr("verify --dump: only a run writes dumps"));
}

}  // namespace
}  // namespace clipbench::bench
