// Whole runs of clipbench with a stand-in for the worker.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <nlohmann/json.hpp>

#include "bench/exit_code.h"
#include "bench/run_folder.h"
#include "reporters/record_io.h"
#include "tests/bench/fake_worker.h"

namespace clipbench::bench {
namespace {

/// Instrumented programs are large, and are hashed by instrumented code.
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
constexpr double kSlowdown = 10;
#else
constexpr double kSlowdown = 1;
#endif

using nlohmann::json;
using reporters::Status;
using testing::HasSubstr;
using testing::Not;

json manifest(const FakeWorker& worker) {
  return json::parse(read_text(worker.run_folder() / "run.json"));
}

reporters::Record ghost_record(const FakeWorker& worker) {
  return reporters::read_record(
      RunFolder(worker.run_folder()).record_path("gpt2_tiny/ghost/T:32/B:2/f32/cpu", 0));
}

TEST(Run, WritesARecordACaseAndTheTableAloneOnStdout) {
  const FakeWorker worker;
  const Ended ended = worker.clipbench(two_cases());
  EXPECT_EQ(ended.exit_code, kPass) << ended.err;
  EXPECT_THAT(ended.out, HasSubstr("gpt2_tiny/.*/T:32/B:2/f32/cpu"));
  EXPECT_THAT(ended.out, Not(HasSubstr("figures")));
  EXPECT_THAT(ended.err, HasSubstr("2 cases: 2 ok"));
  EXPECT_EQ(worker.starts(), 2);
  EXPECT_EQ(RunFolder(worker.run_folder()).intact_records().size(), 2u);
  EXPECT_EQ(manifest(worker)["status"], "complete");
  EXPECT_EQ(manifest(worker)["statuses"]["ok"], 2);
}

TEST(Run, ManifestHashesEveryFileOfTheFolder) {
  const FakeWorker worker;
  worker.clipbench(two_cases());
  const json files = manifest(worker)["files"];
  int found = 0;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(worker.run_folder()))
    found += entry.is_regular_file() && entry.path().filename() != "run.json";
  EXPECT_EQ(files.size(), static_cast<std::size_t>(found));
  EXPECT_TRUE(files.contains("progress.jsonl"));
}

TEST(Run, StrictMakesOutOfMemoryAFinding) {
  FakeWorker worker;
  worker.behaviour["ghost"] = "oom";
  EXPECT_EQ(worker.clipbench(two_cases({"--strict"})).exit_code, kFinding);
}

TEST(Run, AFolderThatCanNoLongerBeWrittenStopsItWithOneLine) {
  FakeWorker worker;
  worker.behaviour["vanilla"] = "sabotage";
  const Ended ended = worker.clipbench(two_cases());
  EXPECT_EQ(ended.exit_code, kUsage);
  EXPECT_THAT(ended.err, HasSubstr("clipbench: out: Not a directory; 0 finished cases are safe"));
  EXPECT_EQ(worker.starts(), 1);
}

TEST(Resume, SecondCallStartsNoWorkerAndChangesNothing) {
  const FakeWorker worker;
  const auto argv = two_cases({"--resume-latest"});
  worker.clipbench(argv);
  const std::string before = read_text(worker.run_folder() / "run.json");
  const Ended second = worker.clipbench(argv);
  EXPECT_EQ(second.exit_code, kPass) << second.err;
  EXPECT_EQ(worker.starts(), 2);
  EXPECT_EQ(read_text(worker.run_folder() / "run.json"), before);
  EXPECT_LT(second.seconds, 1.0 * kSlowdown);
  EXPECT_THAT(second.out, HasSubstr("ghost"));
}

TEST(Resume, LatestIsGoneOnInOnlyWhileItsKeyMatches) {
  const FakeWorker worker;
  std::vector<std::string> argv = {"--suite", "smoke", "--device", "cpu", "--resume-latest"};
  worker.clipbench(argv);
  worker.clipbench(argv);
  EXPECT_EQ(worker.starts(), 3);
  argv.insert(argv.end(), {"--min-samples", "5"});
  worker.clipbench(argv);
  EXPECT_EQ(worker.starts(), 6);
}

TEST(Resume, GoesOnWithTheRunsOwnSelection) {
  FakeWorker worker;
  worker.behaviour["ghost"] = "crash";
  worker.clipbench(two_cases());
  worker.behaviour.clear();
  const Ended ended = worker.clipbench({"--resume", "out"});
  EXPECT_EQ(ended.exit_code, kPass) << ended.err;
  EXPECT_EQ(worker.starts(), 3);  // only the crashed case was repeated
  EXPECT_EQ(ghost_record(worker).status, Status::ok);
}

TEST(Resume, StaysOnTheRunsDevice) {
  const FakeWorker worker;
  worker.clipbench({"--filter", "gpt2_tiny/bk/T:8/B:2/f32/cpu", "--out", "out"});
  EXPECT_EQ(worker.clipbench({"--resume", "out"}).exit_code, kPass);
  EXPECT_EQ(worker.starts(), 1);
}

TEST(Resume, RepeatsOnlyACorruptRecord) {
  const FakeWorker worker;
  worker.clipbench(two_cases());
  const auto path =
      RunFolder(worker.run_folder()).record_path("gpt2_tiny/ghost/T:32/B:2/f32/cpu", 0);
  std::filesystem::resize_file(path, 500);
  const Ended shown = worker.clipbench({"show", "out"});
  EXPECT_EQ(shown.exit_code, kUsage);
  EXPECT_THAT(shown.err, HasSubstr("not a record: ends at byte 500"));
  EXPECT_THAT(shown.err, HasSubstr("the other 1 are intact (--resume repeats this one)"));
  const Ended resumed = worker.clipbench({"--resume", "out"});
  EXPECT_EQ(resumed.exit_code, kPass) << resumed.err;
  EXPECT_EQ(worker.starts(), 3);
}

TEST(Resume, RedrawsWhenAReportIsMissing) {
  const FakeWorker worker;
  worker.clipbench(two_cases());
  std::filesystem::remove(worker.run_folder() / "benchmark.json");
  worker.clipbench({"--resume", "out"});
  EXPECT_TRUE(std::filesystem::exists(worker.run_folder() / "benchmark.json"));
  EXPECT_EQ(worker.starts(), 2);
}

TEST(Repetitions, AreFreshProcessesWithRecordsOfTheirOwn) {
  const FakeWorker worker;
  const Ended ended = worker.clipbench(two_cases({"--benchmark_repetitions=3"}));
  EXPECT_EQ(ended.exit_code, kPass) << ended.err;
  EXPECT_EQ(worker.starts(), 6);
  std::map<std::string, int> seen;
  for (const auto& record : RunFolder(worker.run_folder()).intact_records())
    seen[record.case_name] += 1 << record.repetition;
  EXPECT_THAT(seen, testing::Each(testing::Pair(testing::_, 7)));
}

TEST(Repetitions, AMisfortuneCostsOnlyItsOwnProcesses) {
  FakeWorker worker;
  worker.behaviour["ghost"] = "crash";
  worker.clipbench(two_cases({"--repetitions", "3"}));
  EXPECT_EQ(worker.starts(), 6);
}

TEST(Record, HoldsNoAbsolutePath) {
  const FakeWorker worker;
  worker.clipbench({"--suite", "smoke", "--device", "cpu", "--method", "ghost", "--filter",
                    "/ghost/", "--out", worker.run_folder().string()});
  EXPECT_THAT(read_text(worker.run_folder() / "run.json"),
              Not(HasSubstr(worker.folder().string())));
  const auto argv = manifest(worker)["argv"];
  EXPECT_THAT(argv.dump(), HasSubstr("\"/ghost/\""));  // a filter is no path
  EXPECT_THAT(argv.dump(), HasSubstr("\"out\""));
}

TEST(Overhead, OfTheParentIsSmall) {
  const FakeWorker worker;
  std::vector<std::string> argv = two_cases({"--repetitions", "20"});
  const Ended ended = worker.clipbench(argv);
  double in_workers = 0;
  for (const auto& record : RunFolder(worker.run_folder()).intact_records())
    in_workers += record.seconds.at("process");
  RecordProperty("parent_ms_a_case", std::to_string(1000 * (ended.seconds - in_workers) / 40));
  // 20 ms on an idle machine, reports included.
  EXPECT_LT((ended.seconds - in_workers) / 40, 0.1 * kSlowdown);
}

}  // namespace
}  // namespace clipbench::bench
