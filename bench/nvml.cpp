#include "bench/nvml.h"

#include <dlfcn.h>

#include <utility>

namespace clipbench::bench {
namespace {

// The library's binary interface, as its documentation gives it.
using Device = void*;
struct Memory {
  unsigned long long total, free, used;
};
struct Process {
  unsigned pid;
  unsigned long long bytes;
  unsigned gpu_instance, compute_instance;
};
constexpr int kSuccess = 0;
constexpr int kSmClock = 1, kMemoryClock = 2, kGpuTemperature = 0;
constexpr unsigned long long kUnknownBytes = ~0ull;

}  // namespace

/// Function pointers; one that this driver lacks is null and answers "not known".
struct Nvml::Library {
  explicit Library(void* opened) : handle(opened) {}
  ~Library() { dlclose(handle); }

  template <class Function>
  Function* find(const char* name) const {
    return reinterpret_cast<Function*>(dlsym(handle, name));
  }

  /// Calls the function if it is there; false on any error.
  template <class... Arguments>
  bool call(const char* name, Arguments... arguments) const {
    auto* function = find<int(Arguments...)>(name);
    return function && function(arguments...) == kSuccess;
  }

  Device device(int index) const {
    Device result = nullptr;
    call("nvmlDeviceGetHandleByIndex_v2", static_cast<unsigned>(index), &result);
    return result;
  }

  void* handle;
};

std::unique_ptr<Nvml> Nvml::open(std::string* why) {
  void* handle = dlopen("libnvidia-ml.so.1", RTLD_NOW | RTLD_LOCAL);
  if (!handle) {
    if (why) *why = "no NVIDIA driver found (libnvidia-ml.so.1)";
    return nullptr;
  }
  auto library = std::make_unique<Library>(handle);
  if (!library->call("nvmlInit_v2")) {
    if (why) *why = "NVIDIA's driver does not answer (nvmlInit failed)";
    return nullptr;
  }
  return std::unique_ptr<Nvml>(new Nvml(std::move(library)));
}

Nvml::Nvml(std::unique_ptr<Library> library) : library_(std::move(library)) {}
Nvml::~Nvml() { library_->call("nvmlShutdown"); }

int Nvml::device_count() const {
  unsigned count = 0;
  library_->call("nvmlDeviceGetCount_v2", &count);
  return static_cast<int>(count);
}

std::string Nvml::driver_version() const {
  char text[96] = "";
  library_->call("nvmlSystemGetDriverVersion", &text[0], static_cast<unsigned>(sizeof(text)));
  return text;
}

int Nvml::cuda_version() const {
  int version = 0;
  library_->call("nvmlSystemGetCudaDriverVersion_v2", &version);
  return version;
}

std::optional<int> Nvml::index_of(const std::string& uuid) const {
  Device device = nullptr;
  unsigned index = 0;
  if (!library_->call("nvmlDeviceGetHandleByUUID", uuid.c_str(), &device)) return std::nullopt;
  if (!library_->call("nvmlDeviceGetIndex", device, &index)) return std::nullopt;
  return static_cast<int>(index);
}

std::string Nvml::name(int device) const {
  char text[96] = "";
  library_->call("nvmlDeviceGetName", library_->device(device), &text[0],
                 static_cast<unsigned>(sizeof(text)));
  return text;
}

GpuMemory Nvml::memory(int device) const {
  Memory memory{};
  library_->call("nvmlDeviceGetMemoryInfo", library_->device(device), &memory);
  return {static_cast<std::int64_t>(memory.total), static_cast<std::int64_t>(memory.used)};
}

GpuClocks Nvml::clocks(int device) const {
  const Device handle = library_->device(device);
  unsigned sm = 0, memory = 0, milliwatts = 0, temperature = 0;
  unsigned long long reasons = 0;
  library_->call("nvmlDeviceGetClockInfo", handle, kSmClock, &sm);
  library_->call("nvmlDeviceGetClockInfo", handle, kMemoryClock, &memory);
  library_->call("nvmlDeviceGetPowerUsage", handle, &milliwatts);
  library_->call("nvmlDeviceGetTemperature", handle, kGpuTemperature, &temperature);
  library_->call("nvmlDeviceGetCurrentClocksThrottleReasons", handle, &reasons);
  return {sm, memory, temperature, milliwatts / 1000.0, reasons};
}

std::vector<GpuProcess> Nvml::processes(int device) const {
  std::vector<Process> found(256);
  unsigned count = static_cast<unsigned>(found.size());
  if (!library_->call("nvmlDeviceGetComputeRunningProcesses_v3", library_->device(device), &count,
                      found.data()))
    return {};
  std::vector<GpuProcess> result;
  for (unsigned i = 0; i < count; ++i)
    result.push_back({found[i].pid, found[i].bytes == kUnknownBytes
                                        ? 0
                                        : static_cast<std::int64_t>(found[i].bytes)});
  return result;
}

std::string throttle_names(std::uint64_t reasons) {
  static constexpr std::pair<std::uint64_t, const char*> kNames[] = {
      {0x4, "sw_power_cap"},         {0x8, "hw_slowdown"},          {0x10, "sync_boost"},
      {0x20, "sw_thermal_slowdown"}, {0x40, "hw_thermal_slowdown"}, {0x80, "hw_power_brake"}};
  std::string text;
  for (const auto& [bit, name] : kNames)
    if (reasons & bit) text += (text.empty() ? "" : " ") + std::string(name);
  return text;
}

}  // namespace clipbench::bench
