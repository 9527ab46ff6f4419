// Small parts: hashes, worker options, the library's engine, its formats, texts.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "bench/cases/case.h"
#include "bench/cases/worker_options.h"
#include "bench/file_path.h"
#include "bench/forecast.h"
#include "bench/google_benchmark.h"
#include "bench/google_benchmark_output.h"
#include "bench/nvml.h"
#include "bench/sha256.h"
#include "bench/worker_environment.h"

namespace clipbench::bench {
namespace {

TEST(Sha256, AgreesWithTheStandardsVectors) {
  EXPECT_EQ(sha256(""), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
  EXPECT_EQ(sha256("abc"), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  EXPECT_EQ(sha256("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq"),
            "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1");
  EXPECT_EQ(sha256(std::string(1000000, 'a')),
            "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0");
}

TEST(WorkerOptions, AreReadBackFromTheirCommandLine) {
  WorkerOptions options;
  options.case_name = "gpt2_tiny/bk/T:8/B:2/f32/cpu";
  options.record = "a folder/r=1.json";
  options.repetition = 3;
  options.target_half_width = 0.0125;
  options.verify = false;
  options.argv = {"--filter", "", "-/bk/", "[a,b]"};
  const WorkerOptions read = WorkerOptions::parse(options.to_argv());
  EXPECT_EQ(read.to_argv(), options.to_argv());
  EXPECT_EQ(read.argv, options.argv);
  EXPECT_EQ(read.record, options.record);
  EXPECT_DOUBLE_EQ(read.target_half_width, 0.0125);
  EXPECT_FALSE(read.verify);
}

TEST(WorkerOptions, RefuseWhatTheyDoNotKnow) {
  for (const char* wrong : {"--cas=x", "case", "--threads=-1", "--verify=yes", "--seed"})
    EXPECT_THROW(WorkerOptions::parse({"--case=x", wrong}), UsageError) << wrong;
  EXPECT_THROW(WorkerOptions::parse({}), UsageError);
}

TEST(Fixtures, RunEveryBodyOnceARepetitionUnderItsExactName) {
  std::map<std::string, std::vector<std::int64_t>> calls;
  std::vector<std::string> reported;
  const auto body = [&](const std::string& name) {
    return [&calls, name](std::int64_t repetition) {
      calls[name].push_back(repetition);
      return FixtureResult{0.01, name == "a/bad/T:1" ? "crashed" : ""};
    };
  };
  const std::vector<Fixture> fixtures = {{"a/ok/T:1", body("a/ok/T:1")},
                                         {"a/bad/T:1", body("a/bad/T:1")}};
  run_fixtures(fixtures, {3, true}, [&](const std::string& name) { reported.push_back(name); });
  EXPECT_THAT(calls["a/ok/T:1"], testing::ElementsAre(0, 1, 2));
  EXPECT_THAT(calls["a/bad/T:1"], testing::ElementsAre(0, 1, 2));
  EXPECT_THAT(std::set<std::string>(reported.begin(), reported.end()),
              testing::ElementsAre("a/bad/T:1", "a/ok/T:1"));
}

constexpr const char* kJson = R"({"context": {}, "benchmarks": [
  {"name": "x", "run_name": "x", "run_type": "iteration", "real_time": 2.0, "cpu_time": 1.0, "time_unit": "ms"},
  {"name": "x_cv", "run_name": "x", "run_type": "aggregate", "aggregate_unit": "percentage",
   "real_time": 0.5, "cpu_time": 0.5, "time_unit": "ms"}]})";

TEST(GoogleBenchmarkOutput, ChangesUnitsButNotRatios) {
  OutputOptions output;
  output.time_unit = "us";
  output.context = {{"gpu", "none"}};
  const auto document = nlohmann::json::parse(adapted_json(kJson, output));
  EXPECT_DOUBLE_EQ(document["benchmarks"][0]["real_time"], 2000.0);
  EXPECT_EQ(document["benchmarks"][0]["time_unit"], "us");
  EXPECT_DOUBLE_EQ(document["benchmarks"][1]["real_time"], 0.5);
  EXPECT_EQ(document["context"]["gpu"], "none");
}

TEST(GoogleBenchmarkOutput, AggregatesOnlyDropsSingleRepetitions) {
  OutputOptions output;
  output.aggregates_only = true;
  const auto document = nlohmann::json::parse(adapted_json(kJson, output));
  ASSERT_EQ(document["benchmarks"].size(), 1u);
  EXPECT_EQ(document["benchmarks"][0]["name"], "x_cv");
}

TEST(FilePath, RecordsKeepNoFolders) {
  EXPECT_THAT(without_folders({"--out", "/home/me/x/", "--filter", "/bk/", "--data=/a/b.txt"}),
              testing::ElementsAre("--out", "x", "--filter", "/bk/", "--data=b.txt"));
  EXPECT_EQ(without_paths("cannot open /home/me/lib/x.so: (/opt/y/z)\n"), "cannot open x.so: (z) ");
  EXPECT_EQ(without_paths("gpt2_tiny/ghost/T:1 is 3/4"), "gpt2_tiny/ghost/T:1 is 3/4");
}

TEST(Forecast, KnowsCasesThatRanAndGuessesTheOthers) {
  Forecast forecast({{"a", 2}, {"b", 4}});
  EXPECT_DOUBLE_EQ(forecast.of("a"), 2);
  EXPECT_DOUBLE_EQ(forecast.of("c"), 3);
  EXPECT_EQ(clock_text(130.4), "2:10");
  EXPECT_EQ(clock_text(3723), "1:02:03");
  EXPECT_EQ(about(20), "about 20 s");
  EXPECT_EQ(about(61), "about 1 min");
}

TEST(WorkerEnvironment, FollowsTheCase) {
  Case measured = parse_case("gpt2_tiny/bk/T:8/B:2/deterministic:1/f32/cuda");
  const Variables variables = worker_environment(measured, "3");
  EXPECT_THAT(variables, testing::Contains(testing::Pair("CUDA_VISIBLE_DEVICES", "3")));
  EXPECT_THAT(variables, testing::Contains(testing::Pair("CUBLAS_WORKSPACE_CONFIG", ":4096:8")));
  measured.device = "cpu";
  EXPECT_THAT(worker_environment(measured, "3"),
              testing::Not(testing::Contains(testing::Pair("CUDA_VISIBLE_DEVICES", "3"))));
}

TEST(WorkerEnvironment, RefusesWhatBypassesTheLedger) {
  const Case measured = parse_case("gpt2_tiny/bk/T:8/B:2/f32/cuda");
  setenv("PYTORCH_NO_CUDA_MEMORY_CACHING", "1", 1);
  EXPECT_THROW(check_environment(measured), UsageError);
  unsetenv("PYTORCH_NO_CUDA_MEMORY_CACHING");
  setenv("PYTORCH_CUDA_ALLOC_CONF", "backend:cudaMallocAsync", 1);
  EXPECT_THROW(check_environment(measured), UsageError);
  unsetenv("PYTORCH_CUDA_ALLOC_CONF");
  EXPECT_NO_THROW(check_environment(measured));
}

TEST(Throttling, NamesOnlyWhatSlowsDown) {
  EXPECT_EQ(throttle_names(0x1), "");  // idle
  EXPECT_EQ(throttle_names(0x4 | 0x40), "sw_power_cap hw_thermal_slowdown");
}

}  // namespace
}  // namespace clipbench::bench
