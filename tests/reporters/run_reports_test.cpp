// The whole run folder: files, formats that others read, figures.
#include "reporters/run_reports.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <limits>
#include <nlohmann/json.hpp>

#include "reporters/benchmark_json.h"
#include "reporters/chrome_trace.h"
#include "reporters/step_timeline.h"
#include "reporters/subprocess.h"
#include "sample_record.h"

namespace clipbench::reporters {
namespace {

using nlohmann::json;
using ::testing::HasSubstr;
using ::testing::Not;
namespace fs = std::filesystem;

fs::path fresh_folder(const std::string& name) {
  const fs::path folder = fs::path(::testing::TempDir()) / ("run_reports_" + name);
  fs::remove_all(folder);
  fs::create_directories(folder);
  return folder;
}

std::string read(const fs::path& path) {
  std::ifstream file(path, std::ios::binary);
  EXPECT_TRUE(file) << path;
  return {std::istreambuf_iterator<char>(file), {}};
}

bool starts_with(const fs::path& path, const std::string& magic) {
  return read(path).compare(0, magic.size(), magic) == 0;
}

TEST(RunReports, WritesEveryFileOfARunFolder) {
  const fs::path folder = fresh_folder("complete");
  const Written written = write_reports(folder, sample_run(), {});
  EXPECT_EQ(written.figures.error, "");
  EXPECT_EQ(written.figures.drawn, 3);
  for (const char* name :
       {"index.tsv", "table.csv", "long.csv", "benchmark.json", "tables.tex", "macros.tex",
        "vanilla_result.json", "ghost_result.json", "flash_clip_result.json",
        "visualizations/summary.txt", "visualizations/memory_timeline.gp",
        "visualizations/memory_timeline.dat"}) {
    EXPECT_TRUE(fs::exists(folder / name)) << name;
  }
  for (const char* name :
       {"memory_breakdown_comparison", "memory_timeline", "performance_tradeoff"}) {
    const fs::path base = folder / "visualizations" / name;
    EXPECT_TRUE(starts_with(base.string() + ".png", "\x89PNG")) << name;
    EXPECT_TRUE(starts_with(base.string() + ".pdf", "%PDF")) << name;
    EXPECT_GT(fs::file_size(base.string() + ".png"), 20000U) << name << " looks empty";
  }
  for (const fs::path& file : written.files) EXPECT_TRUE(fs::exists(folder / file)) << file;
}

TEST(RunReports, ASecondSettingHasFilesOfItsOwn) {
  const fs::path folder = fresh_folder("settings");
  std::vector<Record> run = sample_run();
  run.push_back(sample_record("vanilla", 0, "gpt2_large", "cuda"));
  run.push_back(sample_record("ghost", 0, "gpt2_large", "cuda"));
  const Written written = write_reports(folder, run, {});
  EXPECT_EQ(written.figures.drawn, 6);
  EXPECT_TRUE(fs::exists(folder / "visualizations/memory_timeline.png"));
  EXPECT_TRUE(
      fs::exists(folder / "visualizations/memory_timeline.gpt2_large.T-1024.B-8.bf16.cuda.png"));
  EXPECT_TRUE(
      fs::exists(folder / "specification/gpt2_large.ghost.T-1024.B-8.bf16.cuda_result.json"));
  EXPECT_FALSE(fs::exists(folder / "ghost_result.json"));
}

TEST(RunReports, NothingMeasuredIsNoError) {
  const fs::path folder = fresh_folder("nothing");
  EXPECT_EQ(write_reports(folder, {}, {}).figures.drawn, 0);
  const Written failed =
      write_reports(folder, {failed_record("ghost", Status::oom, "in setup")}, {});
  EXPECT_EQ(failed.figures.error, "");
  EXPECT_EQ(failed.figures.drawn, 0);
  EXPECT_THAT(read(folder / "visualizations/summary.txt"), HasSubstr("OOM in setup"));
}

TEST(RunReports, FailingCasesAndOddNumbersStillDraw) {
  const fs::path folder = fresh_folder("odd");
  std::vector<Record> run = sample_run();
  run.push_back(failed_record("fast_clip", Status::oom, "in backward"));
  run[1].time.step_ms.median = std::numeric_limits<double>::quiet_NaN();
  run[2].memory.timeline = {};
  run[3].phases[0].ms = std::numeric_limits<double>::quiet_NaN();
  const Written written = write_reports(folder, run, {});
  EXPECT_EQ(written.figures.error, "");
  EXPECT_EQ(written.figures.drawn, 3);
  EXPECT_THAT(read(folder / "visualizations/performance_tradeoff.dat"),
              HasSubstr("fast_clip: OOM"));
  for (const char* name :
       {"memory_breakdown_comparison", "memory_timeline", "performance_tradeoff"}) {
    EXPECT_THAT(read(folder / "visualizations" / (std::string(name) + ".dat")),
                Not(HasSubstr("nan")));
  }
}

TEST(RunReports, APeakOfManyGiBWithAChangeOfBytesStillDraws) {
  const fs::path folder = fresh_folder("bytes");
  std::vector<Record> run = {sample_record("vanilla"), sample_record("vanilla")};
  run[1].config.method = "bk";
  run[1].case_name = "gpt2_tiny/bk/T:128/B:8/f32/cpu";
  for (Record& r : run) {
    r.memory.peak_allocated_bytes += 20'000'000'000;
    r.memory.components_at_peak["activations"] += 20'000'000'000;
  }
  run[1].memory.peak_allocated_bytes += 512;
  run[1].memory.components_at_peak["rounding"] += 512;
  const Written written = write_reports(folder, run, {});
  EXPECT_EQ(written.figures.error, "");
  EXPECT_THAT(read(folder / "visualizations/memory_breakdown_comparison.dat"), HasSubstr("+512 B"));
}

TEST(RunReports, WithoutVanillaOrWithOneCaseFiguresStillExist) {
  const fs::path folder = fresh_folder("one");
  EXPECT_EQ(write_reports(folder, {sample_record("ghost")}, {}).figures.drawn, 3);
  EXPECT_EQ(write_reports(folder, {sample_record("vanilla")}, {}).figures.drawn, 3);
}

TEST(RunReports, StringsOfRecordsAreInertInGnuplotAndOnDisk) {
  const fs::path folder = fresh_folder("hostile");
  const fs::path trap = folder / "trap";
  std::vector<Record> run = sample_run();
  const std::string shell = "';$(touch " + trap.string() + ")`touch " + trap.string() +
                            "`\"; system('touch " + trap.string() + "')\n!touch " + trap.string() +
                            "\n\\";
  run[1].config.method = shell;
  run[1].case_name = "gpt2_tiny/" + shell + "/../../T:128/B:8/f32/cpu";
  run[2].phases[0].name = shell;
  run[3].memory.timeline.components[shell] = run[3].memory.timeline.components["gram"];
  run.push_back(failed_record("bk", Status::crashed, shell));
  const Written written = write_reports(folder, run, {});
  EXPECT_EQ(written.figures.error, "");
  EXPECT_FALSE(fs::exists(trap));
  for (const auto& entry : fs::directory_iterator(folder / "visualizations")) {
    if (entry.path().extension() != ".gp") continue;
    EXPECT_THAT(read(entry.path()), Not(HasSubstr("touch ")))
        << "only data files hold strings of records";
  }
  for (const fs::path& file : written.files) {
    EXPECT_EQ(fs::weakly_canonical(folder / file)
                  .string()
                  .rfind(fs::weakly_canonical(folder).string(), 0),
              0U);
  }
}

TEST(RunReports, AMissingGnuplotLosesOnlyFigures) {
  const fs::path folder = fresh_folder("no_gnuplot");
  const std::string path = std::getenv("PATH");
  setenv("PATH", "/nonexistent", 1);
  const Written written = write_reports(folder, sample_run(), {});
  setenv("PATH", path.c_str(), 1);
  EXPECT_THAT(written.figures.error, HasSubstr("gnuplot not found; "));
  EXPECT_EQ(written.figures.drawn, 0);
  EXPECT_TRUE(fs::exists(folder / "visualizations/summary.txt"));
  EXPECT_TRUE(fs::exists(folder / "visualizations/memory_timeline.gp"));
}

TEST(RunReports, AnUnwritableFolderIsAnError) {
  EXPECT_THROW(write_reports("/proc/nowhere", sample_run(), {}), std::system_error);
}

TEST(RunReports, FiguresOfARunTakeLessThanTwoSeconds) {
  std::vector<Record> run;
  for (const char* method : {"vanilla", "microbatch", "explicit", "fast_clip", "ghost",
                             "mixed_ghost", "flash_clip", "bk", "per_layer"}) {
    for (int i = 0; i < 5; ++i) run.push_back(sample_record(method, i, "gpt2_small", "cuda"));
  }
  const Written written = write_reports(fresh_folder("quick"), run, {});
  EXPECT_EQ(written.figures.drawn, 3);
  // Twice the bound: tests may share the machine.
  EXPECT_LT(written.figures.seconds, 4.0);
}

TEST(BenchmarkJson, HasWhatGoogleBenchmarksCompareReads) {
  std::vector<Record> run = sample_run();
  run.push_back(sample_record("ghost", 1));
  run.push_back(failed_record("per_layer", Status::oom, "x"));
  run[1].time.step_ms.median = std::numeric_limits<double>::quiet_NaN();
  const json out = json::parse(benchmark_json(run, {}));
  EXPECT_EQ(out["context"]["library_build_type"], "release");
  EXPECT_EQ(out["context"]["build_type"], "Release");
  ASSERT_EQ(out["benchmarks"].size(), 5U) << "cases without a time are left out";
  int ghosts = 0;
  for (const json& entry : out["benchmarks"]) {
    EXPECT_TRUE(entry["real_time"].is_number());
    EXPECT_TRUE(entry["cpu_time"].is_number());
    EXPECT_EQ(entry["time_unit"], "ms");
    ghosts += entry["name"] == "gpt2_tiny/ghost/T:128/B:8/f32/cpu";
    EXPECT_TRUE(entry["peak_allocated_bytes"].is_number_integer());
  }
  EXPECT_EQ(ghosts, 2) << "repetitions share their name";
}

TEST(ChromeTrace, CountsBytesAndMarksThePeak) {
  const Record record = sample_record("ghost");
  const json out = json::parse(chrome_trace(record));
  std::map<std::string, int> kinds;
  for (const json& event : out["traceEvents"]) ++kinds[event["ph"].get<std::string>()];
  EXPECT_EQ(kinds["C"], static_cast<int>(record.memory.timeline.t_ns.size()));
  EXPECT_EQ(kinds["X"], static_cast<int>(record.phases.size()));
  EXPECT_EQ(kinds["i"], 1);
}

TEST(PhaseSpans, LieBetweenTheSnapshotsOfTheTimeline) {
  Record r;
  r.memory.timeline.t_ns = {10'000'000, 20'000'000, 110'000'000};
  r.memory.timeline.allocated_bytes = {1, 2, 3};
  r.phases = {{"forward", 5, 0}, {"backward", 10, 0}, {"backward2", 30, 0}, {"step", 1, 0}};
  ASSERT_EQ(step_axis(r).phases.size(), 4U);
  EXPECT_NEAR(step_axis(r).phases[3].end_ms, 100, 1e-9)
      << "without snapshots the phases fill the timeline";
  r.snapshots = {{"iter1_after_forward", 0, {}, 5'000'000},
                 {"iter2_before_forward", 0, {}, 12'000'000},
                 {"iter2_after_forward", 0, {}, 30'000'000},
                 {"iter2_after_backward", 0, {}, 70'000'000}};
  const auto spans = step_axis(r).phases;
  EXPECT_NEAR(spans[0].begin_ms, 2, 1e-9);
  EXPECT_NEAR(spans[0].end_ms, 20, 1e-9);
  EXPECT_NEAR(spans[1].end_ms, 30, 1e-9);
  EXPECT_NEAR(spans[2].end_ms, 60, 1e-9);
  EXPECT_NEAR(spans[3].end_ms, 100, 1e-9);
}

TEST(Subprocess, SaysWhatHappened) {
  EXPECT_FALSE(run_program({"no-such-program-here"}, ".").found);
  const Ran ran = run_program({"sh", "-c", "echo oops >&2; exit 3"}, ".");
  EXPECT_EQ(ran.status, 3);
  EXPECT_EQ(ran.messages, "oops\n");
  EXPECT_EQ(run_program({"sh", "-c", "kill -9 $$"}, ".").status, 137);
}

}  // namespace
}  // namespace clipbench::reporters
