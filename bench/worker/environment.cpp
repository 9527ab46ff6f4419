#include "bench/worker/environment.h"

#include <chrono>
#include <cstdlib>
#include <ctime>
#include <fstream>

#include <ATen/Parallel.h>
#include <ATen/cuda/CUDAContext.h>
#include <cuda_runtime_api.h>

#include "bench/cases/build_info.h"
#include "profiler/driver_memory.h"

namespace clipbench::bench {
namespace {

std::string utc_now() {
  const auto now = std::time(nullptr);
  std::tm parts{};
  gmtime_r(&now, &parts);
  char text[32];
  std::strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%SZ", &parts);
  return text;
}

std::string cpu_name() {
  std::ifstream file("/proc/cpuinfo");
  for (std::string line; std::getline(file, line);) {
    if (line.starts_with("model name")) return line.substr(line.find(':') + 2);
  }
  return "cpu";
}

std::int64_t host_memory_bytes() {
  std::ifstream file("/proc/meminfo");
  std::string label;
  std::int64_t kib = 0;
  file >> label >> kib;  // MemTotal is the first line
  return kib * 1024;
}

std::string driver_cuda_version() {
  int version = 0;
  if (cudaDriverGetVersion(&version) != cudaSuccess || version == 0) return "";
  return std::to_string(version / 1000) + "." + std::to_string(version % 1000 / 10);
}

std::string environment_variable(const char* name) {
  const char* value = std::getenv(name);
  return value != nullptr ? value : "";
}

}  // namespace

reporters::Environment describe_environment(at::Device device, const WorkerOptions& options) {
  reporters::Environment out;
  const auto& build = build_info();
  out.clipbench = build.version;
  out.git_sha = build.git_sha;
  out.build_type = build.build_type;
  out.compiler = build.compiler;
  out.torch = build.torch;
  out.cuda = build.cuda;
  out.threads = at::get_num_threads();
  out.started_utc = utc_now();
  out.allocator_settings = environment_variable("PYTORCH_CUDA_ALLOC_CONF");
  out.argv = options.argv;  // the parent has taken folders out
  if (device.is_cuda()) {
    const auto& properties = *at::cuda::getDeviceProperties(device.index());
    out.device_name = properties.name;
    out.device_memory_bytes = static_cast<std::int64_t>(properties.totalGlobalMem);
    out.driver = driver_cuda_version();
  } else {
    out.device_name = cpu_name();
    out.device_memory_bytes = host_memory_bytes();
  }
  return out;
}

std::map<std::string, std::int64_t> process_bytes(at::Device device,
                                                  std::int64_t peak_allocated_bytes,
                                                  std::optional<std::int64_t> peak_reserved_bytes) {
  if (device.is_cpu()) return {{"rss_peak", profiler::host_memory().peak_rss_bytes}};
  const auto memory = profiler::device_memory(device);
  const auto reserved = peak_reserved_bytes.value_or(0);
  return {{"allocated", peak_allocated_bytes},
          {"allocator_unused", reserved - peak_allocated_bytes},
          {"context_and_libraries", memory.used_bytes - reserved},
          {"used", memory.used_bytes},
          {"total", memory.total_bytes}};
}

}  // namespace clipbench::bench
