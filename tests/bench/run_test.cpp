// Whole runs of clipbench with a stand-in for the worker.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <unistd.h>

#include <csignal>
#include <fstream>
#include <nlohmann/json.hpp>

#include "bench/exit_code.h"
#include "bench/run_folder.h"
#include "reporters/record_io.h"
#include "tests/bench/fake_worker.h"

namespace clipbench::bench {
namespace {

using nlohmann::json;
using reporters::Status;
using testing::HasSubstr;
using testing::Not;

const std::vector<std::string> kTwoCases = {"--suite",  "smoke", "--method", "vanilla,ghost",
                                            "--device", "cpu",   "--out",    "out"};

std::vector<std::string> with(std::vector<std::string> argv, const std::vector<std::string>& more) {
  argv.insert(argv.end(), more.begin(), more.end());
  return argv;
}

json manifest(const FakeWorker& worker) {
  return json::parse(read_text(worker.run_folder() / "run.json"));
}

reporters::Record ghost_record(const FakeWorker& worker) {
  return reporters::read_record(
      RunFolder(worker.run_folder()).record_path("gpt2_tiny/ghost/T:32/B:2/f32/cpu", 0));
}

TEST(Run, WritesARecordACaseAndTheTableAloneOnStdout) {
  const FakeWorker worker;
  const Ended ended = worker.clipbench(kTwoCases);
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
  worker.clipbench(kTwoCases);
  const json files = manifest(worker)["files"];
  int found = 0;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(worker.run_folder()))
    found += entry.is_regular_file() && entry.path().filename() != "run.json";
  EXPECT_EQ(files.size(), static_cast<std::size_t>(found));
  EXPECT_TRUE(files.contains("progress.jsonl"));
}

struct Misfortune {
  const char* behaviour;
  Status status;
  const char* reason;
  int exit_code;
};

class RunWithMisfortune : public testing::TestWithParam<Misfortune> {};

TEST_P(RunWithMisfortune, KeepsARowAndARecordAndGoesOn) {
  FakeWorker worker;
  worker.behaviour["ghost"] = GetParam().behaviour;
  const Ended ended = worker.clipbench(
      {"--suite", "smoke", "--device", "cpu", "--out", "out", "--timeout", "0.3s"});
  EXPECT_EQ(ended.exit_code, GetParam().exit_code) << ended.err;
  const auto record = ghost_record(worker);
  EXPECT_STREQ(reporters::to_string(record.status), reporters::to_string(GetParam().status));
  EXPECT_THAT(record.reason.value_or(""), HasSubstr(GetParam().reason));
  EXPECT_THAT(ended.out, HasSubstr("ghost"));
  EXPECT_EQ(RunFolder(worker.run_folder()).intact_records().size(), 3u);
  EXPECT_EQ(worker.starts(), 3);
}

INSTANTIATE_TEST_SUITE_P(
    Every, RunWithMisfortune,
    testing::Values(
        Misfortune{"crash", Status::crashed, "signal 11 (SIGSEGV) in timing: terminate called", 1},
        Misfortune{"killed", Status::crashed, "signal 9 (SIGKILL)", 1},
        Misfortune{"fail", Status::crashed, "exit code 7 in timing: libx.so: cannot open", 1},
        Misfortune{"hang", Status::timeout, "stopped after 0.3 s", 1},
        Misfortune{"silent", Status::invalid, "ended without a record", 1},
        Misfortune{"truncated", Status::invalid, "ends at byte 900", 1},
        Misfortune{"other_case", Status::invalid, "is that of gpt2_tiny/vanilla", 1},
        Misfortune{"incorrect", Status::incorrect, "as the test says", 1},
        Misfortune{"oom", Status::oom, "as the test says", 0},
        Misfortune{"unsupported", Status::unsupported, "as the test says", 0},
        Misfortune{"garbage", Status::ok, "", 0}),
    [](const auto& info) { return std::string(info.param.behaviour); });

TEST(Run, StrictMakesOutOfMemoryAFinding) {
  FakeWorker worker;
  worker.behaviour["ghost"] = "oom";
  EXPECT_EQ(worker.clipbench(with(kTwoCases, {"--strict"})).exit_code, kFinding);
}

TEST(Run, AFolderThatCanNoLongerBeWrittenStopsItWithOneLine) {
  FakeWorker worker;
  worker.behaviour["vanilla"] = "sabotage";
  const Ended ended = worker.clipbench(kTwoCases);
  EXPECT_EQ(ended.exit_code, kUsage);
  EXPECT_THAT(ended.err, HasSubstr("clipbench: out: Not a directory; 0 finished cases are safe"));
  EXPECT_EQ(worker.starts(), 1);
}

TEST(Run, LeavesNoHelperOfAHangingWorkerBehind) {
  FakeWorker worker;
  worker.behaviour["ghost"] = "hang";
  worker.clipbench(with(kTwoCases, {"--timeout", "0.2s"}));
  EXPECT_TRUE(worker.helper_has_ended());
}

TEST(Resume, SecondCallStartsNoWorkerAndChangesNothing) {
  const FakeWorker worker;
  const auto argv = with(kTwoCases, {"--resume-latest"});
  worker.clipbench(argv);
  const std::string before = read_text(worker.run_folder() / "run.json");
  const Ended second = worker.clipbench(argv);
  EXPECT_EQ(second.exit_code, kPass) << second.err;
  EXPECT_EQ(worker.starts(), 2);
  EXPECT_EQ(read_text(worker.run_folder() / "run.json"), before);
  EXPECT_LT(second.seconds, 1.0);
  EXPECT_THAT(second.out, HasSubstr("ghost"));
}

TEST(Resume, LatestIsGoneOnInOnlyWhileItsKeyMatches) {
  const FakeWorker worker;
  const std::vector<std::string> argv = {"--suite", "smoke", "--device", "cpu", "--resume-latest"};
  worker.clipbench(argv);
  worker.clipbench(argv);
  EXPECT_EQ(worker.starts(), 3);
  worker.clipbench(with(argv, {"--min-samples", "5"}));
  EXPECT_EQ(worker.starts(), 6);
}

TEST(Resume, GoesOnWithTheRunsOwnSelection) {
  FakeWorker worker;
  worker.behaviour["ghost"] = "crash";
  worker.clipbench(kTwoCases);
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

TEST(Resume, KeepsOutOfMemoryAsAResult) {
  FakeWorker worker;
  worker.behaviour["ghost"] = "oom";
  worker.clipbench(kTwoCases);
  worker.clipbench({"--resume", "out"});
  EXPECT_EQ(worker.starts(), 2);
}

TEST(Resume, RepeatsOnlyACorruptRecord) {
  const FakeWorker worker;
  worker.clipbench(kTwoCases);
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
  worker.clipbench(kTwoCases);
  std::filesystem::remove(worker.run_folder() / "benchmark.json");
  worker.clipbench({"--resume", "out"});
  EXPECT_TRUE(std::filesystem::exists(worker.run_folder() / "benchmark.json"));
  EXPECT_EQ(worker.starts(), 2);
}

/// Starts clipbench, sends `signal` once the second worker hangs, waits for the end.
ProcessResult interrupt(const FakeWorker& worker, int signal) {
  ProcessRequest request = worker.request(with(kTwoCases, {"--timeout", "30"}));
  bool sent = false;
  request.on_tick = [&] {
    if (sent || read_text(worker.folder() / "helper").empty()) return;
    sent = true;
    // clipbench is the shell's process after exec; its own workers are in groups of their own
    std::ifstream children("/proc/self/task/" + std::to_string(getpid()) + "/children");
    for (pid_t child; children >> child;) kill(child, signal);
  };
  return run_process(request);
}

class Interrupted : public testing::TestWithParam<int> {};

TEST_P(Interrupted, LeavesAValidFolderThatCanBeGoneOnIn) {
  FakeWorker worker;
  worker.behaviour["ghost"] = "hang";
  const ProcessResult result = interrupt(worker, GetParam());
  EXPECT_EQ(result.exit_code, 128 + GetParam()) << read_text(worker.folder() / "stderr");
  EXPECT_TRUE(worker.helper_has_ended());
  EXPECT_EQ(manifest(worker)["status"], "interrupted");
  EXPECT_EQ(RunFolder(worker.run_folder()).intact_records().size(), 1u);
  EXPECT_THAT(read_text(worker.folder() / "stderr"), HasSubstr("--resume out"));
  worker.behaviour.clear();
  EXPECT_EQ(worker.clipbench({"--resume", "out"}).exit_code, kPass);
  EXPECT_EQ(worker.starts(), 3);
  EXPECT_EQ(manifest(worker)["status"], "complete");
}

INSTANTIATE_TEST_SUITE_P(Signals, Interrupted, testing::Values(SIGINT, SIGTERM, SIGHUP));

TEST(Resume, GoesOnAfterTheParentWasKilled) {
  FakeWorker worker;
  worker.behaviour["ghost"] = "hang";
  EXPECT_EQ(interrupt(worker, SIGKILL).signal, SIGKILL);
  EXPECT_EQ(manifest(worker)["status"], "running");
  worker.behaviour.clear();
  EXPECT_EQ(worker.clipbench({"--resume", "out"}).exit_code, kPass);
  EXPECT_EQ(worker.starts(), 3);
}

TEST(Repetitions, AreFreshProcessesWithRecordsOfTheirOwn) {
  const FakeWorker worker;
  const Ended ended = worker.clipbench(with(kTwoCases, {"--benchmark_repetitions=3"}));
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
  worker.clipbench(with(kTwoCases, {"--repetitions", "3"}));
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
  std::vector<std::string> argv = with(kTwoCases, {"--repetitions", "20"});
  const Ended ended = worker.clipbench(argv);
  double in_workers = 0;
  for (const auto& record : RunFolder(worker.run_folder()).intact_records())
    in_workers += record.seconds.at("process");
  RecordProperty("parent_ms_a_case", std::to_string(1000 * (ended.seconds - in_workers) / 40));
  EXPECT_LT((ended.seconds - in_workers) / 40, 0.1);  // 20 ms on an idle machine, reports included
}

}  // namespace
}  // namespace clipbench::bench
