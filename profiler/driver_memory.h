// What the system says of memory, allocator or not: the device's driver, and the kernel for this
// process.
#pragma once

#include <c10/core/Device.h>

#include <cstdint>

namespace clipbench::profiler {

struct DeviceMemory {
  std::int64_t used_bytes = 0;  ///< by all processes; contexts and libraries included
  std::int64_t total_bytes = 0;
};

/// Of a CUDA device, which this initialises. Throws c10::Error.
DeviceMemory device_memory(c10::Device device);

/// Resident memory of this process; 0 where the system doesn't tell.
struct HostMemory {
  std::int64_t rss_bytes = 0;
  std::int64_t peak_rss_bytes = 0;  ///< since the process began, or the last reset_peak_rss()
};

HostMemory host_memory();

/// Gives unused heap back to the system and lets peak_rss_bytes start again from now. False if the
/// system refuses: the peak is then the process's.
bool reset_peak_rss();

}  // namespace clipbench::profiler
