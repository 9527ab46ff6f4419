#include "bench/worker/canary.h"

#include <cstdio>
#include <functional>

#include <ATen/ops/full.h>
#include <ATen/ops/mm.h>
#include <nlohmann/json.hpp>

#include "bench/worker/sample_statistics.h"
#include "profiler/gpu_timer.h"

namespace clipbench::bench {
namespace {

constexpr int kTimes = 15, kWarmUp = 3;
constexpr std::int64_t kCopiedFloats = 1 << 24;  // 64 MiB

double median_ms(c10::Device device, const std::function<void()>& work) {
  const auto timer = profiler::StepTimer::make(device);
  std::vector<double> times;
  for (int i = 0; i < kWarmUp + kTimes; ++i) {
    timer->start();
    work();
    const double ms = timer->stop().ms;
    if (i >= kWarmUp) times.push_back(ms);
  }
  return median(times);
}

}  // namespace

void sing(const std::string& name) {
  const c10::Device device(name);
  const auto options = at::TensorOptions(device).dtype(at::kFloat);
  const std::int64_t width = device.is_cuda() ? 8192 : 768;  // tens of milliseconds on each
  const at::Tensor matrix = at::full({width, width}, 0.5, options);
  const at::Tensor from = at::full({kCopiedFloats}, 1.0, options);
  at::Tensor to = at::full({kCopiedFloats}, 0.0, options);
  at::Tensor product = at::full({width, width}, 0.0, options);
  const double gemm_ms = median_ms(device, [&] { at::mm_out(product, matrix, matrix); });
  const double copy_ms = median_ms(device, [&] { to.copy_(from); });
  std::puts(nlohmann::json({{"gemm_ms", gemm_ms}, {"copy_ms", copy_ms}}).dump().c_str());
}

}  // namespace clipbench::bench
