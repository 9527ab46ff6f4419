// accept and compare from outside: what is kept, what is judged, which exit code.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>

#include "bench/exit_code.h"
#include "reporters/record_io.h"
#include "tests/bench/fake_worker.h"

namespace clipbench::bench {
namespace {

namespace fs = std::filesystem;
using reporters::Record;
using testing::AllOf;
using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;
using Argv = std::vector<std::string>;

const Argv kSmoke = {"--suite", "smoke", "--device", "cpu"};

Argv operator+(Argv left, const Argv& right) {
  left.insert(left.end(), right.begin(), right.end());
  return left;
}

/// What the fake worker will write from now on.
void change_canned(const fs::path& folder, const std::function<void(Record&)>& change) {
  Record record = reporters::read_record(folder / "ok.json");
  change(record);
  reporters::write_record(folder / "ok.json", record);
}

void grow(Record& record) {
  record.memory.peak_allocated_bytes += 512;
  record.memory.components_at_peak["norms"] = 512;
}

void as_release(Record& record) {
  record.environment.build_type = "Release";
  record.environment.device_name = "EPYC";
}

/// A worker whose run `out` is there and kept as cpu/main.
class Compare : public testing::Test {
 protected:
  Compare() {
    worker.variables = {{"CI", ""}, {"GITHUB_STEP_SUMMARY", ""}};
    change_canned(worker.folder(), as_release);
    EXPECT_EQ(worker.clipbench(kSmoke + Argv{"--out", "out"}).exit_code, kPass);
    EXPECT_EQ(accept("out", "main").exit_code, kPass);
  }
  Ended accept(const std::string& run, const std::string& name) const {
    return worker.clipbench({"accept", run, "--as", name, "--reason", "a test's"});
  }
  fs::path baseline() const { return worker.folder() / "results/baselines/cpu/main"; }

  FakeWorker worker;
};

TEST_F(Compare, AcceptKeepsTheWholeRunWithItsReason) {
  EXPECT_THAT(read_text(baseline() / "run.json"), HasSubstr("\"reason\": \"a test's\""));
  for (const char* file : {"index.tsv", "benchmark.json", "visualizations/summary.txt"})
    EXPECT_EQ(read_text(baseline() / file), read_text(worker.run_folder() / file));
  EXPECT_EQ(worker.clipbench({"show", "cpu/main"}).exit_code, kPass);
}

TEST_F(Compare, AcceptReplacesAndLeavesNothingElse) {
  change_canned(worker.folder(), grow);
  worker.clipbench(kSmoke + Argv{"--out", "grown"});
  const Ended ended = accept("grown", "main");
  EXPECT_EQ(ended.exit_code, kPass);
  EXPECT_THAT(ended.err, HasSubstr("replaced the former one, kept because: a test's"));
  const auto files = fs::directory_iterator(baseline().parent_path());
  EXPECT_EQ(std::distance(begin(files), end(files)), 1);
  EXPECT_EQ(worker.clipbench({"compare", "cpu/main", "grown"}).exit_code, kPass);
}

TEST_F(Compare, AcceptRefusesFindingsAndWhatIsNoReleaseBuild) {
  worker.behaviour["ghost"] = "crash";
  worker.clipbench(kSmoke + Argv{"--out", "crashed"});
  const Ended crashed = accept("crashed", "other");
  EXPECT_EQ(crashed.exit_code, kNotUsable);
  EXPECT_THAT(crashed.err, HasSubstr("crashed is no baseline: gpt2_tiny/ghost/"));
  worker.behaviour.clear();
  change_canned(worker.folder(), [](Record& record) { record.environment.build_type = "Debug"; });
  worker.clipbench(kSmoke + Argv{"--out", "debug"});
  EXPECT_THAT(accept("debug", "other").err, HasSubstr("build type is \"Debug\", not Release"));
  EXPECT_FALSE(fs::exists(baseline().parent_path() / "other"));
}

TEST_F(Compare, TheSameNumbersPass) {
  const Ended ended = worker.clipbench({"compare", "main", "out"});
  EXPECT_EQ(ended.exit_code, kPass) << ended.err;
  EXPECT_THAT(ended.out, StartsWith("gpt2_tiny/.*/T:32"));
  EXPECT_THAT(ended.err, AllOf(HasSubstr("result   pass; gate both"),
                               HasSubstr("1 against 1 process cannot show a difference")));
}

TEST_F(Compare, OneMoreBlockIsARegressionOfTheMemoryGateOnly) {
  change_canned(worker.folder(), grow);
  worker.clipbench(kSmoke + Argv{"--out", "grown"});
  const Ended ended = worker.clipbench({"compare", "main", "grown"});
  EXPECT_EQ(ended.exit_code, kFinding);
  EXPECT_THAT(ended.out, HasSubstr("+512 B norms"));
  EXPECT_THAT(ended.err, HasSubstr("next     "));
  EXPECT_EQ(worker.clipbench({"compare", "main", "grown", "--gate", "time"}).exit_code, kPass);
  EXPECT_EQ(worker.clipbench({"compare", "grown", "out"}).exit_code, kPass) << "less is no finding";
}

TEST_F(Compare, ACommittedToleranceLetsItPass) {
  change_canned(worker.folder(), grow);
  worker.clipbench(kSmoke + Argv{"--out", "grown"});
  std::ofstream(worker.folder() / "allowed.json")
      << R"({"schema": "clipbench.tolerance/1", "entries": [
             {"case": ".*", "allocated_bytes": 512, "reason": "norms are kept"}]})";
  const Ended ended = worker.clipbench({"compare", "main", "grown", "--tolerance", "allowed.json"});
  EXPECT_EQ(ended.exit_code, kPass) << ended.err;
  EXPECT_THAT(ended.out, HasSubstr("tolerated: norms are kept"));
}

TEST_F(Compare, InCiTimesAreShownAndNotJudged) {
  worker.variables["CI"] = "true";
  EXPECT_THAT(worker.clipbench({"compare", "main", "out"}).err,
              HasSubstr("gate memory: times are"));
  EXPECT_THAT(worker.clipbench({"compare", "main", "out", "--gate", "both"}).err,
              HasSubstr("gate both"));
}

TEST_F(Compare, OutOfMemoryWhereThereWasARunIsARegression) {
  worker.behaviour["ghost"] = "oom";
  worker.clipbench(kSmoke + Argv{"--out", "lost"});
  const Ended ended = worker.clipbench({"compare", "main", "lost", "--gate", "time"});
  EXPECT_EQ(ended.exit_code, kFinding);
  EXPECT_THAT(ended.out, HasSubstr("regressed: OOM: as the test says; BASE: ok"));
}

TEST_F(Compare, AMissingCaseIsAnErrorAndNoCaseIsNeverAPass) {
  worker.clipbench(kSmoke + Argv{"--method", "ghost", "--out", "part"});
  const Ended part = worker.clipbench({"compare", "main", "part"});
  EXPECT_EQ(part.exit_code, kNotUsable);
  EXPECT_THAT(part.err, AllOf(HasSubstr("missing  "), HasSubstr("gpt2_tiny/vanilla/")));
  EXPECT_EQ(worker.clipbench({"compare", "main", "part", "--filter", "/ghost/"}).exit_code, kPass);
  const Ended none = worker.clipbench({"compare", "main", "part", "--filter", "/vanilla/"});
  EXPECT_EQ(none.exit_code, kNotUsable);
  EXPECT_THAT(none.err, HasSubstr("nothing to compare"));
  EXPECT_EQ(worker.clipbench({"compare", "main", "part", "--filter", "gost"}).exit_code, kUsage);
}

TEST_F(Compare, AnotherDeviceIsRefused) {
  change_canned(worker.folder(), [](Record& record) { record.environment.device_name = "Xeon"; });
  worker.clipbench(kSmoke + Argv{"--out", "elsewhere"});
  const Ended ended = worker.clipbench({"compare", "main", "elsewhere"});
  EXPECT_EQ(ended.exit_code, kNotUsable);
  EXPECT_THAT(ended.err, HasSubstr("other device: BASE was measured on EPYC"));
}

TEST_F(Compare, AnotherSchemaIsRefused) {
  for (const auto& entry : fs::directory_iterator(worker.run_folder() / "records")) {
    std::string text = read_text(entry.path());
    text.replace(text.find("clipbench.record/1"), 18, "clipbench.record/2");
    std::ofstream(entry.path()) << text;
  }
  const Ended ended = worker.clipbench({"compare", "main", "out"});
  EXPECT_EQ(ended.exit_code, kUsage);
  EXPECT_THAT(ended.err, HasSubstr("clipbench.record/2"));
}

TEST_F(Compare, WritesWhatCiSystemsRead) {
  worker.variables["GITHUB_STEP_SUMMARY"] = (worker.folder() / "summary.md").string();
  std::ofstream(worker.folder() / "summary.md") << "before\n";
  worker.clipbench({"compare", "main", "out", "--markdown", "out.md", "--junit", "out.xml"});
  EXPECT_THAT(read_text(worker.folder() / "out.md"), HasSubstr("### clipbench: "));
  EXPECT_EQ(read_text(worker.folder() / "summary.md"),
            "before\n" + read_text(worker.folder() / "out.md") + "\n");
  EXPECT_THAT(read_text(worker.folder() / "out.xml"), HasSubstr("<testsuite name="));
  const Ended ended = worker.clipbench({"compare", "main", "out", "--junit", "/proc/x/y.xml"});
  EXPECT_EQ(ended.exit_code, kUsage);
}

TEST_F(Compare, WithoutASecondRunMeasuresTheSameCasesNow) {
  const int before = worker.starts();
  change_canned(worker.folder(), grow);
  const Ended ended = worker.clipbench({"compare", "main", "--filter", "/ghost/", "--out", "now"});
  EXPECT_EQ(ended.exit_code, kFinding) << ended.err;
  EXPECT_EQ(worker.starts(), before + 1);
  EXPECT_THAT(ended.out, AllOf(HasSubstr("+512 B norms"), Not(HasSubstr("peak in"))));
  EXPECT_TRUE(fs::exists(worker.folder() / "now/run.json"));
}

TEST_F(Compare, UntilDecidedAddsProcessesAtFixedLooksOnly) {
  worker.clipbench(kSmoke + Argv{"--method", "ghost", "--repetitions", "7", "--out", "seven"});
  const int before = worker.starts();
  const Ended same = worker.clipbench({"compare", "seven", "--until-decided", "--out", "now"});
  EXPECT_EQ(same.exit_code, kPass) << same.err;
  EXPECT_EQ(worker.starts(), before + 7) << "equal times are decided at the first look";
  const Ended open = worker.clipbench({"compare", "out", "--until-decided", "--filter", "/ghost/"});
  EXPECT_EQ(open.exit_code, kPass) << open.err;
  EXPECT_EQ(worker.starts(), before + 7 + 20) << "against one process nothing is ever decided";
}

TEST_F(Compare, MethodsOfOneRunAreResultsNotRegressions) {
  const Ended ended = worker.clipbench({"compare", "out", "--versus", "vanilla"});
  EXPECT_EQ(ended.exit_code, kPass) << ended.err;
  EXPECT_THAT(ended.out, Not(HasSubstr("vanilla ")));
  EXPECT_EQ(worker.clipbench({"compare", "out", "--versus", "microbatch"}).exit_code, kNotUsable);
}

/// A folder as a build leaves it, with the fake worker in it.
void make_build(const FakeWorker& worker, const std::string& name) {
  const fs::path folder = worker.folder() / name;
  fs::create_directory(folder);
  fs::copy_file(worker.folder() / "worker.sh", folder / "clipbench-worker");
  fs::copy_file(worker.folder() / "ok.json", folder / "ok.json");
}

TEST_F(Compare, BuildsTakeTurnsAndTheLaterOneIsJudged) {
  make_build(worker, "a");
  make_build(worker, "b");
  change_canned(worker.folder() / "b", grow);
  const Ended ended = worker.clipbench(Argv{"compare", "--builds", "a", "b", "--repetitions", "3",
                                            "--filter", "/ghost/", "--out", "duel"} +
                                       kSmoke);
  EXPECT_EQ(ended.exit_code, kFinding) << ended.err;
  EXPECT_THAT(ended.out, HasSubstr("+512 B norms"));
  EXPECT_THAT(ended.err, HasSubstr("canary   gemm 5.00 ms, copy 4.00 ms; second half / first half "
                                   "1.000, 1.000: the machine held still"));
  std::string order;
  std::istringstream lines(ended.err);
  for (std::string line; std::getline(lines, line);)
    if (line.starts_with("round")) order += line.substr(10, 3) + " ";
  EXPECT_EQ(order, "old new new old old new ");
}

}  // namespace
}  // namespace clipbench::bench
