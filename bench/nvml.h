// The few functions of NVIDIA's management library that the parent needs. It is opened at run time,
// so that the program starts everywhere, and it creates no context on a device.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace clipbench::bench {

struct GpuProcess {
  std::int64_t pid = 0;
  std::int64_t bytes = 0;  ///< 0: not known (containers hide it)
};

struct GpuClocks {
  std::int64_t sm_mhz = 0, memory_mhz = 0, temperature_c = 0;
  double power_w = 0;
  std::uint64_t throttle_reasons = 0;  ///< NVML's bits; see throttle_names()
};

struct GpuMemory {
  std::int64_t total_bytes = 0, used_bytes = 0;
};

/// Names of the bits that mean "slower than it could be": sw_power_cap, hw_slowdown, …; "" for
/// none.
std::string throttle_names(std::uint64_t reasons);

class Nvml {
 public:
  /// nullptr without NVIDIA's driver; `why` then says what is missing.
  static std::unique_ptr<Nvml> open(std::string* why = nullptr);
  ~Nvml();

  int device_count() const;
  std::string driver_version() const;
  int cuda_version() const;  ///< that the driver supports: 12040 for 12.4

  /// Devices are numbered as the PCI bus numbers them. A value NVML doesn't give is 0 or "".
  std::optional<int> index_of(const std::string& uuid) const;
  std::string name(int device) const;
  GpuMemory memory(int device) const;
  GpuClocks clocks(int device) const;
  std::vector<GpuProcess> processes(int device) const;

 private:
  struct Library;
  explicit Nvml(std::unique_ptr<Library>);
  std::unique_ptr<Library> library_;
};

}  // namespace clipbench::bench
