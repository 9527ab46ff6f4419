// What methods promise about memory, measured by the recorder on the CPU.
#include <gtest/gtest.h>

#include <ATen/ops/randn.h>

#include "bench/layers/linear.h"
#include "profiler/cpu_allocator_source.h"
#include "profiler/observe.h"
#include "profiler/recorder.h"
#include "tests/training/small_model.h"

namespace clipbench::bench::test {
namespace {

using profiler::Component;

const bool installed = [] {
  profiler::install_cpu_allocator();
  return true;
}();

/// Bytes of `gram` and `temporary` at the peak of one layer's norms.
std::int64_t norm_scratch_bytes(NormWay way, std::int64_t T, std::int64_t p, std::int64_t d) {
  const Layer layer{
      "layer", &linear_rule(), {at::randn({d, p}), at::randn({d})}, {"weight", "bias"}};
  const Seen seen{{at::randn({2, T, p}), layer.params[0]}, at::randn({2, T, d})};
  const auto recorder = profiler::Recorder::make(at::kCPU);
  recorder->start();
  for (const auto& operand : {seen.saved[0], seen.g})
    profiler::claim(operand, Component::activations);
  for (const auto& param : layer.params) profiler::claim(param, Component::parameters);
  profiler::begin_phase("backward");
  const auto norms = layer.rule->sq_norms(layer, seen, way);
  profiler::end_phase();
  const auto report = recorder->stop();
  const auto& bytes = report.components_at_peak;
  return bytes[static_cast<std::size_t>(Component::gram)] +
         bytes[static_cast<std::size_t>(Component::temporary)];
}

TEST(FlashClip, HasNoTemporaryThatGrowsWithTokensOrWidths) {
  for (const auto way : {NormWay::width, NormWay::fused_gram}) {
    const auto small = norm_scratch_bytes(way, 512, 512, 512);
    EXPECT_GT(small, 0);
    // Beside the tile, norms of rows: B·T values.
    EXPECT_LE(norm_scratch_bytes(way, 4 * 512, 4 * 512, 4 * 512), small + 3 * 2 * 4 * 512 * 4)
        << to_string(way);
  }
}

TEST(Ghost, HasATemporaryThatGrowsWithTheSquareOfTheTokens) {
  EXPECT_GT(norm_scratch_bytes(NormWay::gram, 4 * 64, 512, 512),
            8 * norm_scratch_bytes(NormWay::gram, 64, 512, 512));
}

std::int64_t peak_of(Schedule& schedule, const Model& model, const Batch& batch) {
  const auto recorder = profiler::Recorder::make(at::kCPU);
  run_step(schedule, model, batch);
  recorder->reset_peak();
  const auto before = recorder->allocated_bytes();
  run_step(schedule, model, batch);
  return recorder->peak_allocated_bytes() - before;
}

// Not bf16: on the CPU oneDNN's scratch differs with the order of a node's products (about 1 kB
// here).
TEST(Vanilla, ThroughTheAutogradFunctionHasTheSamePeakToTheByte) {
  for (const auto dtype : {at::kFloat, at::kDouble}) {
    const auto model = small_gpt2(33, dtype);
    const auto batch = small_batch(5, 33);
    const auto native = peak_of(*schedule_of("vanilla", 1), *model, batch);
    EXPECT_EQ(peak_of(*make_vanilla_through_sink(), *model, batch), native) << dtype;
  }
}

TEST(BookKeeping, PeakIsVanillasWhereTheHeadGivesSlack) {
  const ModelInfo wide_head{"wide_head", 3, 32, 4, 2000, 0, "test"};
  const auto model = make_model(wide_head, 32, at::kFloat, at::kCPU, 1);
  const auto batch = small_batch(8, 32);
  const auto vanilla = peak_of(*schedule_of("vanilla", 1), *model, batch);
  const auto kept = peak_of(*schedule_of("bk", 1), *model, batch);
  EXPECT_LE(static_cast<double>(kept), 1.01 * static_cast<double>(vanilla));
}

}  // namespace
}  // namespace clipbench::bench::test
