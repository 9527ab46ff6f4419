#include "bench/gpu_watch.h"

#include <cstdio>

namespace clipbench::bench {

GpuWatch::GpuWatch(const Devices& devices) : devices_(devices), others_(devices.gpu_processes()) {}

void GpuWatch::sample(const std::string& stage) {
  const auto now = std::chrono::steady_clock::now();
  if (stage != "timing" || now - sampled_at_ < std::chrono::milliseconds(200)) return;
  sampled_at_ = now;
  last_ = devices_.gpu_clocks();
  throttle_reasons_ |= last_.throttle_reasons;
  sampled_ = true;
}

void GpuWatch::describe(reporters::Environment& environment) const {
  const GpuClocks clocks = sampled_ ? last_ : devices_.gpu_clocks();
  char power[32];
  std::snprintf(power, sizeof(power), "%.1f", clocks.power_w);
  environment.clocks["sm_mhz"] = std::to_string(clocks.sm_mhz);
  environment.clocks["memory_mhz"] = std::to_string(clocks.memory_mhz);
  environment.clocks["temperature_c"] = std::to_string(clocks.temperature_c);
  environment.clocks["power_w"] = power;
  environment.clocks["throttle_reasons"] =
      throttle_names(sampled_ ? throttle_reasons_ : clocks.throttle_reasons);
  environment.driver = devices_.driver();
  environment.other_gpu_processes_bytes.clear();
  for (const auto& other : others_) environment.other_gpu_processes_bytes.push_back(other.bytes);
}

}  // namespace clipbench::bench
