// Workers that misbehave, signals, kills: what was measured is there and valid, a line says what
// happened, no process stays, --resume goes on. Workers cause the faults, so none depends on time.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <csignal>
#include <cstdlib>
#include <fstream>
#include <nlohmann/json.hpp>

#include "bench/exit_code.h"
#include "bench/file_path.h"
#include "bench/run_folder.h"
#include "reporters/record_io.h"
#include "tests/bench/fake_worker.h"
#include "tests/bench/survival.h"

namespace clipbench::bench {
namespace {

using reporters::Status;
using testing::HasSubstr;

reporters::Record ghost_record(const FakeWorker& worker) {
  return reporters::read_record(
      RunFolder(worker.run_folder()).record_path("gpt2_tiny/ghost/T:32/B:2/f32/cpu", 0));
}

std::string run_status(const FakeWorker& worker) {
  return nlohmann::json::parse(read_text(worker.run_folder() / "run.json")).at("status");
}

struct Misfortune {
  const char* behaviour;
  Status status;
  const char* reason;
};

class WorkerFault : public testing::TestWithParam<Misfortune> {};

TEST_P(WorkerFault, CostsItsOwnCaseAlone) {
  FakeWorker worker;
  worker.behaviour["ghost"] = GetParam().behaviour;
  const bool endless = GetParam().status == Status::timeout;
  const Ended ended = worker.clipbench_alone(two_cases({"--timeout", endless ? "2s" : "60s"}));
  EXPECT_EQ(ended.exit_code, kFinding) << ended.err;
  EXPECT_THAT(ended.out, HasSubstr("ghost"));
  EXPECT_THAT(ended.err, HasSubstr(GetParam().reason));
  const auto record = ghost_record(worker);
  EXPECT_STREQ(reporters::to_string(record.status), reporters::to_string(GetParam().status));
  EXPECT_THAT(record.reason.value_or(""), HasSubstr(GetParam().reason));
  expect_survived(worker);
}

INSTANTIATE_TEST_SUITE_P(
    Every, WorkerFault,
    testing::Values(
        Misfortune{"crash", Status::crashed, "signal 11 (SIGSEGV) in timing: terminate called"},
        Misfortune{"killed", Status::crashed, "signal 9 (SIGKILL) in timing"},
        Misfortune{"half", Status::crashed, "signal 9 (SIGKILL) in timing"},
        Misfortune{"guardian", Status::crashed, "signal 9 (SIGKILL) in timing"},
        Misfortune{"fail", Status::crashed, "exit code 7 in timing: libx.so: cannot open"},
        Misfortune{"full_disk", Status::crashed, "signal 25 (SIGXFSZ)"},
        Misfortune{"hang", Status::timeout, "stopped after 2 s (--timeout) in timing"},
        Misfortune{"flood", Status::timeout, "stopped after 2 s (--timeout) in timing"},
        Misfortune{"silent", Status::invalid, "ended without a record"},
        Misfortune{"truncated", Status::invalid, "ends at byte 900"},
        Misfortune{"huge", Status::invalid, "not a record: 314572800 bytes"},
        Misfortune{"other_case", Status::invalid, "is that of gpt2_tiny/vanilla"},
        Misfortune{"incorrect", Status::incorrect, "as the test says"}),
    [](const auto& info) { return std::string(info.param.behaviour); });

class WorkerResult : public testing::TestWithParam<std::pair<const char*, Status>> {};

TEST_P(WorkerResult, IsKept) {
  FakeWorker worker;
  worker.behaviour["ghost"] = GetParam().first;
  const Ended ended = worker.clipbench_alone(two_cases());
  EXPECT_EQ(ended.exit_code, kPass) << ended.err;
  EXPECT_TRUE(worker.everyone_has_ended());
  EXPECT_STREQ(reporters::to_string(ghost_record(worker).status),
               reporters::to_string(GetParam().second));
  EXPECT_EQ(worker.clipbench({"--resume", "out"}).exit_code, kPass);
  EXPECT_EQ(worker.starts(), 2);
}

INSTANTIATE_TEST_SUITE_P(Every, WorkerResult,
                         testing::Values(std::pair("oom", Status::oom),
                                         std::pair("unsupported", Status::unsupported),
                                         std::pair("garbage", Status::ok),
                                         std::pair("leaves", Status::ok)),
                         [](const auto& info) { return std::string(info.param.first); });

class Interrupted : public testing::TestWithParam<std::pair<const char*, int>> {};

TEST_P(Interrupted, LeavesAValidFolderThatCanBeGoneOnIn) {
  FakeWorker worker;
  worker.behaviour["ghost"] = "signals";
  worker.variables["SIGNALS"] = GetParam().first;
  const Ended ended = worker.clipbench_alone(two_cases());
  EXPECT_EQ(ended.exit_code, kSignalBase + GetParam().second) << ended.err;
  EXPECT_THAT(ended.err, HasSubstr("--resume out"));
  EXPECT_EQ(run_status(worker), "interrupted");
  EXPECT_EQ(RunFolder(worker.run_folder()).intact_records().size(), 1u);
  expect_survived(worker);
  EXPECT_EQ(run_status(worker), "complete");
}

INSTANTIATE_TEST_SUITE_P(Signals, Interrupted,
                         testing::Values(std::pair("INT", SIGINT), std::pair("TERM", SIGTERM),
                                         std::pair("HUP", SIGHUP)),
                         [](const auto& info) { return std::string(info.param.first); });

TEST(Survival, AThirdSignalEndsItAtOnce) {
  FakeWorker worker;
  worker.behaviour["ghost"] = "insists";
  EXPECT_GT(worker.clipbench_alone(two_cases()).exit_code, kSignalBase);
  EXPECT_EQ(run_status(worker), "running");
  expect_survived(worker, "the run before was cut off in gpt2_tiny/ghost/");
}

class ParentKilled : public testing::TestWithParam<const char*> {};

TEST_P(ParentKilled, LosesOnlyTheCaseThatRan) {
  FakeWorker worker;
  worker.behaviour["ghost"] = GetParam();
  worker.variables["SIGNALS"] = "KILL";
  EXPECT_EQ(worker.clipbench_alone(two_cases()).signal, SIGKILL);
  EXPECT_EQ(run_status(worker), "running");
  EXPECT_EQ(RunFolder(worker.run_folder()).intact_records().size(), 1u);
  expect_survived(worker, "the run before was cut off in gpt2_tiny/ghost/");
}

INSTANTIATE_TEST_SUITE_P(By, ParentKilled, testing::Values("signals", "both", "both_above"),
                         [](const auto& info) { return std::string(info.param); });

TEST(Survival, AProgramThatDrawsDoesNotOutliveUs) {
  FakeWorker worker;
  const auto tool = worker.folder() / "gnuplot";
  std::ofstream(tool) << "#!/bin/sh\nexec 9> " << worker.folder() / "alive"
                      << "\nkill -KILL $PPID\nexec sleep 600\n";
  std::filesystem::permissions(tool, std::filesystem::perms::owner_all);
  worker.variables["PATH"] = worker.folder().string() + ":" + std::getenv("PATH");
  EXPECT_EQ(worker.clipbench_alone(two_cases()).signal, SIGKILL);
  EXPECT_TRUE(worker.everyone_has_ended());
  worker.variables.clear();
  EXPECT_EQ(worker.clipbench({"--resume", "out"}).exit_code, kPass);
  EXPECT_EQ(worker.starts(), 2);
}

TEST(Survival, ASecondRunInTheFolderIsRefusedAndHarmsNothing) {
  FakeWorker worker;
  worker.behaviour["ghost"] = "rival";
  worker.variables["RIVAL"] = (own_binary().parent_path() / "clipbench").string();
  EXPECT_EQ(worker.clipbench(two_cases()).exit_code, kPass);
  EXPECT_EQ(read_text(worker.folder() / "rival.code"), "3\n");
  EXPECT_EQ(read_text(worker.folder() / "rival.err"),
            "clipbench: out: another clipbench is measuring there; wait for it (then: clipbench "
            "--resume out), or name another folder with --out\n");
  EXPECT_EQ(worker.starts(), 2);
  EXPECT_EQ(RunFolder(worker.run_folder()).intact_records().size(), 2u);
}

}  // namespace
}  // namespace clipbench::bench
