#include "profiler/driver_memory.h"

#include <c10/cuda/CUDAGuard.h>
#include <malloc.h>

#include <fstream>
#include <string>

#include "profiler/cuda_event.h"

namespace clipbench::profiler {

DeviceMemory device_memory(c10::Device device) {
  const c10::cuda::CUDAGuard guard(device);
  std::size_t free = 0, total = 0;
  check_cuda(cudaMemGetInfo(&free, &total), "cudaMemGetInfo");
  return {static_cast<std::int64_t>(total - free), static_cast<std::int64_t>(total)};
}

HostMemory host_memory() {
  HostMemory memory;
  std::ifstream status("/proc/self/status");
  std::string key;
  while (status >> key) {
    std::int64_t kib = 0;
    if (key == "VmRSS:" && status >> kib) memory.rss_bytes = kib * 1024;
    if (key == "VmHWM:" && status >> kib) memory.peak_rss_bytes = kib * 1024;
  }
  return memory;
}

bool reset_peak_rss() {
  malloc_trim(0);
  std::ofstream clear_refs("/proc/self/clear_refs");
  clear_refs << 5 << std::flush;
  return clear_refs.good();
}

}  // namespace clipbench::profiler
