#include "bench/worker_environment.h"

#include <cstdlib>

namespace clipbench::bench {
namespace {

std::string variable(const char* name) {
  const char* value = std::getenv(name);
  return value ? value : "";
}

}  // namespace

Variables worker_environment(const Case& measured, const std::string& visible_devices) {
  // Large blocks go back to the system when freed, so that resident memory follows the allocator.
  const std::string tunables = variable("GLIBC_TUNABLES");
  Variables result = {{"GLIBC_TUNABLES", (tunables.empty() ? "" : tunables + ":") +
                                             std::string("glibc.malloc.mmap_threshold=65536")}};
  if (variable("CUDA_MODULE_LOADING").empty()) result.emplace_back("CUDA_MODULE_LOADING", "LAZY");
  if (measured.knob("deterministic") == "1" && variable("CUBLAS_WORKSPACE_CONFIG").empty())
    result.emplace_back("CUBLAS_WORKSPACE_CONFIG", ":4096:8");
  if (measured.device == "cuda" && !visible_devices.empty()) {
    result.emplace_back("CUDA_DEVICE_ORDER", "PCI_BUS_ID");  // as NVML numbers them
    result.emplace_back("CUDA_VISIBLE_DEVICES", visible_devices);
  }
  return result;
}

void check_environment(const Case& measured) {
  if (measured.device != "cuda") return;
  const std::string why = ": allocations would bypass the ledger; unset it";
  if (const auto set = variable("PYTORCH_NO_CUDA_MEMORY_CACHING"); !set.empty() && set != "0")
    throw UsageError("PYTORCH_NO_CUDA_MEMORY_CACHING=" + set + " is set" + why);
  for (const char* name : {"PYTORCH_CUDA_ALLOC_CONF", "PYTORCH_ALLOC_CONF"})
    if (variable(name).find("cudaMallocAsync") != std::string::npos)
      throw UsageError(std::string(name) + "=" + variable(name) + " is set" + why);
}

}  // namespace clipbench::bench
