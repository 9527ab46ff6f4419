// The device that cases run on, as the parent sees it: without opening it.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "bench/host.h"
#include "bench/nvml.h"

namespace clipbench::bench {

/// What a GPU without users may hold: the driver's own, a display.
inline constexpr std::int64_t kIdleGpuBytes = std::int64_t{1} << 30;

/// Devices behind one driver handle; the CPU is always there.
class Devices {
 public:
  /// `index`: the N of `cuda:N`, counted among the devices that CUDA_VISIBLE_DEVICES leaves.
  explicit Devices(std::optional<int> index);

  /// "cuda" where a GPU can be used by this build, else "cpu".
  std::string best() const;
  /// Throws NotUsable with the line to show: no driver, too old a driver, no such device.
  void require(const std::string& device) const;
  /// Throws NotUsable when others hold memory of the GPU.
  void require_idle() const;

  /// `cpu: Xeon 8481C, 2 cores, 23.4 GiB free`
  std::string describe(const std::string& device) const;
  /// Name, memory and driver: part of what identifies a measurement.
  std::string identity(const std::string& device) const;
  const Host& host() const { return host_; }

  bool has_gpu() const { return gpu_.has_value(); }
  std::string gpu_name() const { return nvml_->name(*gpu_); }
  std::string driver() const { return nvml_ ? nvml_->driver_version() : ""; }
  GpuMemory gpu_memory() const { return nvml_->memory(*gpu_); }
  GpuClocks gpu_clocks() const { return nvml_->clocks(*gpu_); }
  std::vector<GpuProcess> gpu_processes() const { return nvml_->processes(*gpu_); }

  /// What a worker's CUDA_VISIBLE_DEVICES must be; empty: as it is.
  std::string visible_devices() const { return visible_; }

  /// Waits until the GPU's used memory is back at `used_bytes` (within 32 MiB), five seconds at
  /// most. Returns the bytes that are still held on top.
  std::int64_t wait_until_free(std::int64_t used_bytes) const;

 private:
  std::string why_no_cuda() const;  ///< empty: usable

  Host host_;
  std::string missing_;
  std::unique_ptr<Nvml> nvml_;
  std::optional<int> gpu_;  ///< NVML's number
  std::string visible_;
};

}  // namespace clipbench::bench
