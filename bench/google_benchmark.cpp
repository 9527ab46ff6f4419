#include "bench/google_benchmark.h"

#include <benchmark/benchmark.h>

namespace clipbench::bench {
namespace {

/// The library adds "/iterations:1/manual_time" to names registered as ours are; blank those parts.
std::string plain_name(benchmark::BenchmarkName name) {
  name.iterations.clear();
  name.time_type.clear();
  name.repetitions.clear();
  return name.str();
}

/// Prints nothing: tables and files are made from records.
class QuietReporter : public benchmark::BenchmarkReporter {
 public:
  explicit QuietReporter(const std::function<void(const std::string&)>& on_case)
      : on_case_(on_case) {}
  bool ReportContext(const Context&) override { return true; }
  void ReportRuns(const std::vector<Run>& runs) override {
    if (on_case_ && !runs.empty()) on_case_(plain_name(runs.front().run_name));
  }

 private:
  const std::function<void(const std::string&)>& on_case_;
};

void run_once(benchmark::State& state, const Fixture& fixture, std::int64_t repetition) {
  for ([[maybe_unused]] auto iteration : state) {
    const FixtureResult result = fixture.body(repetition);
    state.SetIterationTime(result.seconds);
    if (!result.error.empty()) {
      state.SkipWithError(result.error.c_str());
      break;
    }
  }
}

void register_fixture(const Fixture& fixture, const FixtureSchedule& schedule) {
  benchmark::RegisterBenchmark(
      fixture.name.c_str(),
      [&fixture, repetition = std::int64_t{0}](benchmark::State& state) mutable {
        run_once(state, fixture, repetition++);
      })
      ->Iterations(1)
      ->UseManualTime()
      ->Unit(benchmark::kMillisecond)
      ->Repetitions(static_cast<int>(schedule.repetitions));
}

void initialize(const FixtureSchedule& schedule) {
  std::string program = "clipbench";
  std::string interleaving = std::string("--benchmark_enable_random_interleaving=") +
                             (schedule.interleave ? "true" : "false");
  char* argv[] = {program.data(), interleaving.data(), nullptr};
  int argc = 2;
  benchmark::Initialize(&argc, argv);
}

}  // namespace

void run_fixtures(const std::vector<Fixture>& fixtures, const FixtureSchedule& schedule,
                  const std::function<void(const std::string&)>& on_case) {
  initialize(schedule);
  for (const auto& fixture : fixtures) register_fixture(fixture, schedule);
  QuietReporter reporter(on_case);
  // Only what was selected is registered; an exact name would not match the library's longer one.
  benchmark::RunSpecifiedBenchmarks(&reporter, ".");
  benchmark::ClearRegisteredBenchmarks();
}

}  // namespace clipbench::bench
