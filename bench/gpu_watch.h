// What the GPU did while a case was timed: clocks, power, throttling, other users.
#pragma once

#include <chrono>
#include <cstdint>

#include "bench/device.h"
#include "reporters/record.h"

namespace clipbench::bench {

class GpuWatch {
 public:
  explicit GpuWatch(const Devices& devices);

  /// Cheap enough for every tick; looks at most five times a second, and never outside the timed
  /// pass.
  void sample(const std::string& stage);
  /// Writes what was seen into the record's environment.
  void describe(reporters::Environment&) const;

 private:
  const Devices& devices_;
  std::vector<GpuProcess> others_;
  GpuClocks last_;
  std::uint64_t throttle_reasons_ = 0;
  bool sampled_ = false;
  std::chrono::steady_clock::time_point sampled_at_;
};

}  // namespace clipbench::bench
