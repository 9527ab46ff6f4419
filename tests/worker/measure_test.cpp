// A whole case in this process: from its name to a record whose account closes.
#include "bench/worker/measure.h"

#include <filesystem>
#include <fstream>

#include <gtest/gtest.h>

#include "bench/cases/case.h"
#include "bench/methods/catalog.h"
#include "bench/models/catalog.h"
#include "profiler/cpu_allocator_source.h"

namespace clipbench::bench {
namespace {

const bool installed = [] {
  profiler::install_cpu_allocator();
  return true;
}();

WorkerOptions quick(const std::string& method, const std::string& dtype = "f32") {
  WorkerOptions options;
  options.case_name = "gpt2_tiny/" + method + "/T:16/B:3/" + dtype + "/cpu";
  options.fixed_steps = 3;
  options.recorded_iterations = 2;
  return options;
}

std::int64_t bytes_at(const reporters::Record& record, const std::string& snapshot) {
  for (const auto& s : record.snapshots) {
    if (s.name == snapshot) return s.allocated_bytes;
  }
  ADD_FAILURE() << "no snapshot " << snapshot;
  return 0;
}

class MeasuredMethod : public testing::TestWithParam<const char*> {};

TEST_P(MeasuredMethod, ClosesItsAccountAndIsVerified) {
  const auto record = measure(quick(GetParam()));
  ASSERT_EQ(record.status, reporters::Status::ok) << record.reason.value_or("");
  EXPECT_EQ(record.memory.residual_bytes, 0);
  EXPECT_EQ(record.checks.size(), 9u);
  for (const auto& check : record.checks) EXPECT_TRUE(check.holds) << check.name;
  std::int64_t sum = 0;
  for (const auto& [component, bytes] : record.memory.components_at_peak) sum += bytes;
  EXPECT_EQ(sum, record.memory.peak_allocated_bytes);
  EXPECT_EQ(record.time.samples_ms.size(), 3u);
  EXPECT_LE(record.verification.max_relative_error, record.verification.tolerance);
  EXPECT_TRUE(record.verification.done);
}

TEST_P(MeasuredMethod, TakesTheSnapshotsOfAStepInOrder) {
  const auto record = measure(quick(GetParam()));
  std::vector<std::string> names;
  for (const auto& s : record.snapshots) names.push_back(s.name);
  std::vector<std::string> expected = {"model_loaded"};
  if (find_method(GetParam()).is_private()) expected.push_back("wrapped_with_dp");
  expected.insert(expected.end(), {"optimizer_created", "after_warmup"});
  for (const std::string i : {"iter0_", "iter1_"}) {
    for (const auto* moment : {"before_forward", "after_forward", "after_backward", "after_step"}) {
      expected.push_back(i + moment);
    }
  }
  EXPECT_EQ(names, expected);
  EXPECT_EQ(bytes_at(record, "iter0_before_forward"), bytes_at(record, "iter1_before_forward"));
}

INSTANTIATE_TEST_SUITE_P(Methods, MeasuredMethod,
                         testing::Values("vanilla", "microbatch", "explicit", "fast_clip", "ghost",
                                         "mixed_ghost", "flash_clip", "bk", "flash_bk",
                                         "flash_stored", "auto", "per_layer"),
                         [](const auto& info) { return info.param; });

TEST(Measure, KnowsEveryMethodOfTheTable) {
  EXPECT_EQ(all_methods().size(), 12u) << "add the new method to the list above";
}

TEST(Measure, PeakIsTheSameToTheByteInEveryRun) {
  const auto first = measure(quick("bk")).memory;
  const auto second = measure(quick("bk")).memory;
  EXPECT_EQ(first.peak_allocated_bytes, second.peak_allocated_bytes);
  EXPECT_EQ(first.components_at_peak, second.components_at_peak);
}

TEST(Measure, ParametersGradientsAndAdamHaveTheirClosedForm) {
  const auto record = measure(quick("vanilla", "bf16"));
  const auto parameters = find_model("gpt2_tiny").parameters(16);
  EXPECT_EQ(record.config.parameters, parameters);
  EXPECT_EQ(bytes_at(record, "model_loaded"), 2 * parameters);
  EXPECT_EQ(bytes_at(record, "optimizer_created"), 3 * 2 * parameters + 4)
      << "a step counter of 4 bytes";
}

/// Few samples of few tokens: the peak is where sums form, in f32 beside bf16 gradients.
TEST(Measure, KnowsWhoseTheSumsOfNarrowGradientsAre) {
  auto options = quick("auto", "bf16");
  for (const std::string model : {"gpt2_tiny", "llama_tiny"}) {
    options.case_name = model + "/auto/T:48/B:4/bf16/cpu";
    const auto record = measure(options);
    EXPECT_EQ(record.status, reporters::Status::ok) << record.reason.value_or("");
  }
}

TEST(Measure, TrainsOnTheBytesOfAFile) {
  const auto path = std::filesystem::temp_directory_path() / "clipbench_measure_test.txt";
  std::ofstream(path) << std::string(1000, 'a');
  auto options = quick("vanilla");
  options.data = path.string();
  const auto record = measure(options);
  EXPECT_EQ(record.config.data, "clipbench_measure_test.txt");
  EXPECT_LT(record.time.losses.back(), record.time.losses.front())
      << "one letter is learned at once";
  std::filesystem::remove(path);
}

TEST(Measure, ChangesNothingWithTheSeedButTheNumbers) {
  auto options = quick("vanilla");
  const auto losses = measure(options).time.losses;
  EXPECT_EQ(measure(options).time.losses, losses) << "equal seeds, equal losses";
  options.case_name = "gpt2_tiny/vanilla/T:16/B:3/seed:5/f32/cpu";
  EXPECT_NE(measure(options).time.losses, losses);
}

TEST(Measure, VerifiesAlone) {
  auto options = quick("ghost", "bf16");
  options.verify_only = true;
  const auto record = measure(options);
  EXPECT_TRUE(record.verification.done);
  EXPECT_LE(record.verification.dtype_error_ratio, record.verification.dtype_ratio_limit);
  EXPECT_TRUE(record.time.samples_ms.empty());
}

TEST(Measure, RefusesAnUnknownName) {
  auto options = quick("gost");
  EXPECT_THROW(measure(options), UsageError);
}

}  // namespace
}  // namespace clipbench::bench
