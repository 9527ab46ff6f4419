#include <ATen/ops/empty.h>
#include <ATen/ops/zeros.h>
#include <c10/cuda/CUDACachingAllocator.h>
#include <gmock/gmock.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>

#include "cuda_device.h"
#include "explain.h"
#include "mlp.h"
#include "profiler/clock.h"
#include "profiler/cuda_allocator_source.h"
#include "profiler/recorder.h"

namespace clipbench::profiler {
namespace {

TEST(CudaAllocatorSettings, UncachedMemoryIsRefusedByName) {
  ::setenv("PYTORCH_NO_CUDA_MEMORY_CACHING", "1", 1);
  try {
    make_cuda_allocator_source(c10::Device(at::kCUDA, 0));
    ADD_FAILURE() << "not refused";
  } catch (const c10::Error& e) {
    EXPECT_THAT(e.what_without_backtrace(), testing::HasSubstr("PYTORCH_NO_CUDA_MEMORY_CACHING"));
  }
  ::unsetenv("PYTORCH_NO_CUDA_MEMORY_CACHING");
}

class CudaRecorder : public CudaTest {
 protected:
  void SetUp() override {
    CudaTest::SetUp();
    if (!IsSkipped()) recorder = Recorder::make(device);
  }
  std::unique_ptr<Recorder> recorder;
};

TEST_F(CudaRecorder, TenMiBAreTenMiBAtThePeak) {
  const std::int64_t before = recorder->requested_bytes();
  recorder->start();
  {
    const Scope scope(Component::gram, "fc");
    const at::Tensor t = at::empty({10_MiB}, bytes);
  }
  const PeakReport report = recorder->stop();
  EXPECT_TRUE(report.closes()) << explain(report);
  EXPECT_EQ(report.peak_requested_bytes - before, 10_MiB);
  EXPECT_EQ(of(report.components_at_peak, Component::gram), 10_MiB);
}

TEST_F(CudaRecorder, RoundingIsTheBlockMinusTheRequest) {
  c10::cuda::CUDACachingAllocator::emptyCache();
  recorder->start();
  const at::Tensor t = at::empty({1000}, bytes);
  recorder->take_snapshot("held");
  const at::Tensor u = at::empty({1000}, bytes);
  recorder->take_snapshot("two");
  const PeakReport report = recorder->stop();
  EXPECT_TRUE(report.closes()) << explain(report);
  const ComponentBytes& held = report.find_snapshot("held")->components;
  const ComponentBytes& two = report.find_snapshot("two")->components;
  EXPECT_EQ(of(two, Component::rounding) - of(held, Component::rounding), 24);
}

TEST_F(CudaRecorder, MlpClosesToTheByte) {
  Mlp mlp(4, 500, 260, bf16);
  for (int i = 0; i < 2; ++i) mlp.step();
  const PeakReport report = record_steps(*recorder, mlp, 3);
  EXPECT_TRUE(report.closes()) << explain(report);
  EXPECT_EQ(report.residual_bytes, 0);
  EXPECT_EQ(of(report.components_at_peak, Component::parameters), mlp.parameter_bytes());
  EXPECT_EQ(of(report.components_at_peak, Component::batch), 500 * 260 * 2);
  EXPECT_GT(of(report.components_at_peak, Component::rounding), 0);
  EXPECT_TRUE(report.statistics.peak_reserved_bytes.has_value());
}

TEST_F(CudaRecorder, FirstStepClosesToo) {
  Mlp mlp(2, 64, 64, bf16);
  const PeakReport report = record_steps(*recorder, mlp, 1);
  EXPECT_TRUE(report.closes()) << explain(report);
}

TEST_F(CudaRecorder, AutogradsThreadsAreInTheAccount) {
  Mlp mlp(4, 128, 256, bf16);
  mlp.step();
  const PeakReport report = record_steps(*recorder, mlp, 1);
  EXPECT_TRUE(report.closes()) << explain(report);
  EXPECT_GE(report.threads, 2);
  const ComponentBytes& after = report.find_snapshot("iter0_after_backward")->components;
  EXPECT_EQ(of(after, Component::gradients), mlp.parameter_bytes());
}

TEST_F(CudaRecorder, BlocksHeldBeforeAreSeededAgainAndAgain) {
  std::vector<at::Tensor> held;
  for (int i = 0; i < 3; ++i) {
    held.push_back(at::zeros({10_MiB + i}, bytes));
    recorder->start();
    claim(held.front(), Component::parameters);
    const at::Tensor t = at::empty({1_MiB}, bytes);
    held.push_back(at::zeros({1000}, bytes));
    const PeakReport report = recorder->stop();
    EXPECT_TRUE(report.closes()) << i << ": " << explain(report);
    EXPECT_EQ(of(report.components_at_peak, Component::parameters), 10_MiB);
  }
}

TEST_F(CudaRecorder, WorkspacesAreClaimed) {
  Mlp mlp(2, 128, 256, bf16);
  mlp.step();
  const PeakReport report = record_steps(*recorder, mlp, 1);
  EXPECT_GT(of(report.components_at_peak, Component::workspace), 0);
}

TEST_F(CudaRecorder, AnyDroppedFreeOfARealStepBreaksTheLaw) {
  Mlp mlp(2, 64, 64, bf16);
  mlp.step();
  ASSERT_TRUE(record_steps(*recorder, mlp, 1).closes());
  const Recording& recording = recorder->last_recording();
  for (std::size_t i = 0; i < recording.events.size(); ++i) {
    if (recording.events[i].kind != Event::Kind::free) continue;
    Recording doctored = recording;
    doctored.events.erase(doctored.events.begin() + static_cast<std::ptrdiff_t>(i));
    EXPECT_FALSE(analyse(doctored).closes()) << "event " << i;
  }
}

TEST_F(CudaRecorder, PhasesHaveDeviceTime) {
  Mlp mlp(4, 128, 256, bf16);
  mlp.step();
  const PeakReport report = record_steps(*recorder, mlp, 2);
  EXPECT_EQ(recorder->last_recording().phase_device_ms.size(), 6u);
  ASSERT_EQ(report.phases.size(), 3u);
  for (const PhaseRow& phase : report.phases) EXPECT_GT(phase.ms, 0) << phase.name;
}

TEST_F(CudaRecorder, HostTensorsMayBeClaimedAndAreIgnored) {
  recorder->start();
  claim(at::zeros({100}), Component::gram);
  const PeakReport report = recorder->stop();
  EXPECT_TRUE(report.closes()) << explain(report);
  EXPECT_EQ(of(report.components_at_peak, Component::gram), 0);
}

TEST_F(CudaRecorder, SnapshotCostsMicrosecondsAtMost) {
  constexpr int n = 2000;
  recorder->start();
  const std::int64_t begin = now_ns();
  for (int i = 0; i < n; ++i) snapshot("after_forward");
  const double us = static_cast<double>(now_ns() - begin) / 1e3 / n;
  recorder->stop();
  std::printf("a snapshot costs %.3f us\n", us);
  EXPECT_LT(us, 20);
}

TEST_F(CudaRecorder, RecordingPrintsWhatItCosts) {
  Mlp mlp(24, 4096, 1024, bf16);
  const auto timer = StepTimer::make(device);
  const auto median_ms = [&] {
    std::vector<double> ms;
    for (int i = 0; i < 15; ++i) {
      timer->start();
      mlp.step();
      ms.push_back(timer->stop().ms);
    }
    std::nth_element(ms.begin(), ms.begin() + 7, ms.end());
    return ms[7];
  };
  median_ms();
  const double off = median_ms();
  recorder->start();
  const double on = median_ms();
  const PeakReport report = recorder->stop();
  EXPECT_TRUE(report.closes()) << explain(report);
  std::printf("a step of %.3f ms takes %.3f ms recorded\n", off, on);
  EXPECT_LT(on, 1.25 * off);
}

}  // namespace
}  // namespace clipbench::profiler
