// What the program answers, and with which exit code, when something is wrong.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <fstream>

#include "bench/exit_code.h"
#include "tests/bench/fake_worker.h"

namespace clipbench::bench {
namespace {

using testing::HasSubstr;

struct Answer {
  std::vector<std::string> argv;
  int exit_code;
  const char* out;
  const char* err;
};

/// CTest's name of a row.
void PrintTo(const Answer& answer, std::ostream* out) {
  for (const std::string& word : answer.argv) *out << word << ' ';
}

class Program : public testing::TestWithParam<Answer> {};

TEST_P(Program, Answers) {
  const FakeWorker worker;
  std::ofstream(worker.folder() / "broken.json") << "{\"schema\": \"clipbench.rec";
  const Ended ended = worker.clipbench(GetParam().argv);
  EXPECT_EQ(ended.exit_code, GetParam().exit_code) << ended.err;
  EXPECT_THAT(ended.out, HasSubstr(GetParam().out));
  EXPECT_THAT(ended.err, HasSubstr(GetParam().err));
  if (GetParam().exit_code != kPass) {
    EXPECT_EQ(std::count(ended.err.begin(), ended.err.end(), '\n'), 1) << ended.err;
  }
  EXPECT_EQ(worker.starts(), 0);
}

INSTANTIATE_TEST_SUITE_P(
    Table, Program,
    testing::Values(
        Answer{{"--help"}, 0, "Verbs", ""}, Answer{{"--version"}, 0, "clipbench 0.", ""},
        Answer{{"list"}, 0, "gpt2_tiny/vanilla/T:128/B:8/f32/cpu", ""},
        Answer{{"list", "models"}, 0, "gpt2_xl", ""},
        Answer{{"list", "methods"}, 0, "Li et al. 2022", ""},
        Answer{{"list", "layers"}, 0, "layer_norm", ""}, Answer{{"list", "suites"}, 0, "paper", ""},
        Answer{{"list", "components"}, 0, "per_sample_gradients", ""},
        Answer{{"list", "phases"}, 0, "backward2", ""},
        Answer{{"list", "modles"}, 2, "", "did you mean models?"},
        Answer{{"doctor"}, 0, "gnuplot", ""},
        Answer{{"--benchmark_list_tests", "--filter", "/bk/"},
               0,
               "gpt2_tiny/bk/T:128/B:8/f32/cpu\n",
               ""},
        Answer{{"--dry-run"}, 0, "gpt2_tiny/vanilla", "nothing was run"},
        Answer{{"--benchmark_filter", "gost"},
               2,
               "",
               "--benchmark_filter 'gost' matches none of 120 cases; methods: vanilla, microbatch, "
               "explicit, "},
        Answer{{"--filter", "("}, 2, "", "--filter '(': not a regular expression"},
        Answer{{"--suite", "papper"}, 2, "", "unknown suite \"papper\"; did you mean paper?"},
        Answer{{"--device", "cuda"}, 3, "", "--device cuda: "},
        Answer{{"--data", "nothing.txt"}, 2, "", "--data nothing.txt: no such file"},
        Answer{{"--data", "."}, 2, "", "--data .: not a file with text"},
        Answer{{"run", "verify"}, 2, "", "\"verify\" is one word too many; usage: clipbench run"},
        Answer{{"figures", "main", "x"}, 2, "", "\"x\" is one word too many"},
        Answer{{"show", "main", "/bk/", "x"}, 2, "", "\"x\" is one word too many"},
        Answer{{"--out", "/proc/x"}, 2, "", "/proc/x: cannot be written: "},
        Answer{{"--out", "broken.json"}, 2, "", "broken.json: cannot be written: "},
        Answer{
            {"--resume", "nowhere"}, 3, "", "no run \"nowhere\": not a folder, a record, latest"},
        Answer{{"show"}, 3, "", "no run yet"},
        Answer{{"show", "broken.json"}, 2, "", "broken.json: not a record: ends at byte 25"},
        Answer{{"show", "."}, 3, "", "no records there"},
        Answer{{"figures", "broken.json"}, 2, "", "a run's folder is needed"},
        Answer{{"compare"}, 2, "", "usage: clipbench compare BASE [NEW]"},
        Answer{{"compare", "a", "b"}, 3, "", "no run \"a\""},
        Answer{{"compare", "broken.json", "b"}, 2, "", "broken.json: not a record"},
        Answer{{"compare", "a", "b", "--gate", "tiem"}, 2, "", "did you mean time?"},
        Answer{
            {"compare", "a", "b", "--tolerance", "none.json"}, 2, "", "none.json: cannot be read"},
        Answer{{"compare", "a", "b", "--until-decided"}, 2, "", "--until-decided measures"},
        Answer{
            {"compare", "--versus", "gost"}, 2, "", "unknown method \"gost\"; did you mean ghost?"},
        Answer{{"compare", "a", "b", "--versus", "bk"}, 2, "", "\"b\" is one word too many"},
        Answer{{"compare", "--builds", "a", "b"}, 3, "", "no build \"a\""},
        Answer{{"accept", "a"}, 2, "", "--as NAME is needed"},
        Answer{{"accept", "a", "--as", "x", "--reason", " "}, 2, "", "--reason TEXT is needed"},
        Answer{{"accept", "a", "--as", "x", "--reason", "r"}, 3, "", "no run \"a\""}));

TEST(Program, RefusesAFolderThatHoldsAnotherRun) {
  const FakeWorker worker;
  const std::vector<std::string> argv = {"--suite", "smoke", "--device", "cpu", "--out", "out"};
  EXPECT_EQ(worker.clipbench(argv).exit_code, kPass);
  const Ended second = worker.clipbench(argv);
  EXPECT_EQ(second.exit_code, kUsage);
  EXPECT_THAT(second.err, HasSubstr("--resume out goes on in it"));
}

TEST(Program, AForeignBrokenRecordIsNamedAfterTheRunIsReported) {
  const FakeWorker worker;
  std::filesystem::create_directories(worker.run_folder() / "records");
  std::ofstream(worker.run_folder() / "records" / "foreign.json") << "{";
  const Ended ended = worker.clipbench({"--suite", "smoke", "--device", "cpu", "--resume", "out"});
  EXPECT_EQ(ended.exit_code, kUsage);
  EXPECT_THAT(ended.out, HasSubstr("gpt2_tiny/.*/T:32"));
  EXPECT_THAT(ended.err, HasSubstr("foreign.json: not a record"));
  EXPECT_THAT(read_text(worker.run_folder() / "run.json"), HasSubstr("\"complete\""));
}

TEST(Program, ResumesARunWhoseManifestIsLostOnlyWithItsFlags) {
  const FakeWorker worker;
  const std::vector<std::string> smoke = {"--suite", "smoke", "--device", "cpu"};
  auto first = smoke, again = smoke;
  first.insert(first.end(), {"--out", "out"});
  again.insert(again.end(), {"--resume", "out"});
  worker.clipbench(first);
  std::ofstream(worker.run_folder() / "run.json") << "{bad";
  const Ended bare = worker.clipbench({"--resume", "out"});
  EXPECT_EQ(bare.exit_code, kUsage);
  EXPECT_THAT(bare.err, HasSubstr("run.json: missing or unreadable"));
  EXPECT_EQ(worker.clipbench(again).exit_code, kPass);
  EXPECT_EQ(worker.starts(), 3);  // nothing was measured twice
}

TEST(Program, ATimeoutBeyondTheClockIsNoTimeout) {
  const FakeWorker worker;
  EXPECT_EQ(
      worker.clipbench({"--suite", "smoke", "--device", "cpu", "--timeout", "1e300"}).exit_code,
      kPass);
}

TEST(Program, MissingWorkerIsSaidPlainly) {
  FakeWorker worker;
  std::filesystem::remove(worker.folder() / "worker.sh");
  const Ended ended = worker.clipbench({"--suite", "smoke", "--device", "cpu"});
  EXPECT_EQ(ended.exit_code, kNotUsable);
  EXPECT_THAT(ended.err, HasSubstr("not a program"));
}

TEST(Program, ShowsARunByFolderRecordNameAndLatest) {
  const FakeWorker worker;
  worker.clipbench({"--suite", "smoke", "--device", "cpu"});
  const auto run = std::filesystem::read_symlink(worker.folder() / "results/runs/latest").string();
  const std::string record = "results/runs/latest/records/gpt2_tiny.ghost.T-32.B-2.f32.cpu.json";
  for (const auto& name : {run, std::string("latest"), "results/runs/" + run + "/"})
    EXPECT_THAT(worker.clipbench({"show", name}).out, HasSubstr("gpt2_tiny/.*/T:32")) << name;
  EXPECT_THAT(worker.clipbench({"show", record}).out, HasSubstr("at the peak"));
  EXPECT_THAT(worker.clipbench({"show", "latest", "/ghost/"}).out, HasSubstr("2,097,152"));
  EXPECT_EQ(worker.clipbench({"show", "latest", "gost"}).exit_code, kUsage);
}

TEST(Program, FindsBaselinesByName) {
  const FakeWorker worker;
  worker.clipbench({"--suite", "smoke", "--device", "cpu", "--out", "results/baselines/h200/main"});
  for (const char* name : {"main", "h200/main"}) {
    EXPECT_EQ(worker.clipbench({"show", name}).exit_code, kPass);
    EXPECT_EQ(worker.clipbench({"figures", name}).exit_code, kPass);
  }
  EXPECT_THAT(worker.clipbench({"show", "mian"}).err, HasSubstr("baselines: h200/main"));
}

TEST(Program, AsksWhichBaselineWhereSeveralHaveTheName) {
  const FakeWorker worker;
  for (const char* device : {"cpu", "h200"}) {
    worker.clipbench({"--suite", "smoke", "--device", "cpu", "--out",
                      std::string("results/baselines/") + device + "/main"});
  }
  const Ended ended = worker.clipbench({"show", "main"});
  EXPECT_EQ(ended.exit_code, kUsage);
  EXPECT_THAT(ended.err, HasSubstr("one of: cpu/main, h200/main"));
  EXPECT_EQ(worker.clipbench({"show", "cpu/main"}).exit_code, kPass);
}

TEST(Program, GoogleBenchmarksFormatsComeOutOfStdoutAndAFile) {
  const FakeWorker worker;
  const Ended ended = worker.clipbench({"--suite", "smoke", "--device", "cpu",
                                        "--benchmark_format=csv", "--benchmark_out=b.json",
                                        "--benchmark_time_unit=us", "--benchmark_context=who=me"});
  EXPECT_THAT(ended.out, testing::StartsWith("name,iterations,real_time"));
  EXPECT_THAT(ended.out, HasSubstr("gpt2_tiny/ghost/T:32/B:2/f32/cpu"));
  const std::string json = read_text(worker.folder() / "b.json");
  EXPECT_THAT(json, HasSubstr("\"who\": \"me\""));
  EXPECT_THAT(json, HasSubstr("\"time_unit\": \"us\""));
}

TEST(Verify, PrintsARowAMethodAndFailsForAnIncorrectOne) {
  FakeWorker worker;
  EXPECT_EQ(worker.clipbench({"verify", "--suite", "smoke", "--device", "cpu"}).exit_code, kPass);
  worker.behaviour["ghost"] = "incorrect";
  const Ended ended = worker.clipbench({"verify", "--suite", "smoke", "--device", "cpu"});
  EXPECT_EQ(ended.exit_code, kFinding);
  EXPECT_THAT(ended.out, HasSubstr("incorrect"));
  EXPECT_FALSE(std::filesystem::exists(worker.folder() / "results"));
}

}  // namespace
}  // namespace clipbench::bench
