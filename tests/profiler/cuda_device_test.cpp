// Timers, the driver's memory and CUPTI on a real device.
#include <ATen/ops/empty.h>
#include <c10/cuda/CUDAFunctions.h>
#include <gmock/gmock.h>

#include <cstdio>

#include "cuda_device.h"
#include "explain.h"
#include "mlp.h"
#include "profiler/cupti_session.h"
#include "profiler/driver_memory.h"
#include "profiler/gpu_timer.h"

namespace clipbench::profiler {
namespace {

class CudaDevice : public CudaTest {};

TEST_F(CudaDevice, DriverSeesWhatTheAllocatorTakes) {
  const DeviceMemory before = device_memory(device);
  const at::Tensor t = at::empty({512_MiB}, bytes);
  const DeviceMemory after = device_memory(device);
  EXPECT_GE(after.used_bytes - before.used_bytes, 500_MiB);
  EXPECT_LE(after.used_bytes, after.total_bytes);
}

TEST_F(CudaDevice, StepTimerMeasuresTheDeviceWithinTheWall) {
  Mlp mlp(4, 1024, 1024, bf16);
  const auto timer = StepTimer::make(device);
  mlp.step();
  timer->start();
  mlp.step();
  const StepDuration duration = timer->stop();
  EXPECT_GT(duration.ms, 0);
  EXPECT_LE(duration.ms, duration.wall_ms * 1.05);
}

std::int64_t calls_in(const std::vector<KernelRow>& rows, const std::string& phase) {
  std::int64_t calls = 0;
  for (const KernelRow& row : rows) calls += row.phase == phase ? row.calls : 0;
  return calls;
}

TEST_F(CudaDevice, KernelsAreListedByThePhaseThatLaunchedThem) {
  Mlp mlp(4, 256, 256, bf16);
  mlp.step();
  const auto recorder = Recorder::make(device);
  recorder->start();
  const auto session = CuptiSession::start();
  mlp.step();
  c10::cuda::device_synchronize();
  const KernelActivity activity = session->stop();
  const PeakReport report = recorder->stop();
  EXPECT_TRUE(report.closes()) << explain(report);
  EXPECT_THAT(activity.faults, testing::IsEmpty());
  const auto rows = kernel_table(activity, phase_spans(recorder->last_recording().events));
  for (const KernelRow& row : rows) {
    std::printf("%-10s %4ld %8.4f ms  %s\n", row.phase.c_str(), static_cast<long>(row.calls),
                row.ms, row.name.c_str());
  }
  EXPECT_GE(calls_in(rows, "forward"), 8);    // 4 × (product, gelu)
  EXPECT_GE(calls_in(rows, "backward"), 11);  // 4 × (two products, gelu), less the first input's
  EXPECT_GE(calls_in(rows, "step"), 4);
  EXPECT_EQ(calls_in(rows, ""), 0);
}

TEST_F(CudaDevice, KernelsCanBeListedTwiceInAProcess) {
  Mlp mlp(2, 64, 64, bf16);
  for (int i = 0; i < 2; ++i) {
    const auto session = CuptiSession::start();
    mlp.step();
    c10::cuda::device_synchronize();
    EXPECT_GT(session->stop().runs.size(), 4u);
  }
}

}  // namespace
}  // namespace clipbench::profiler
