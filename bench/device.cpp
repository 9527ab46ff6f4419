#include "bench/device.h"

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <thread>

#include "bench/cases/build_info.h"
#include "bench/cases/numbers.h"
#include "bench/exit_code.h"
#include "bench/option_groups.h"

namespace clipbench::bench {
namespace {

constexpr double kMiB = 1 << 20, kGiB = 1 << 30;
constexpr std::int64_t kBackBytes = std::int64_t{32} << 20;

std::string format(const char* pattern, double value) {
  char text[64];
  std::snprintf(text, sizeof(text), pattern, value);
  return text;
}

std::string dotted(int cuda_version) {
  return std::to_string(cuda_version / 1000) + "." + std::to_string(cuda_version % 1000 / 10);
}

int needed_cuda() {
  const double version = parse_number(build_info().cuda).value_or(0);
  return static_cast<int>(version * 1000 + 0.5);
}

/// The entries of CUDA_VISIBLE_DEVICES, or 0, 1, … where it isn't set.
std::vector<std::string> visible_entries(const Nvml& nvml) {
  if (const char* set = std::getenv("CUDA_VISIBLE_DEVICES")) return split_list(set);
  std::vector<std::string> all;
  for (int i = 0; i < nvml.device_count(); ++i) all.push_back(std::to_string(i));
  return all;
}

std::optional<int> nvml_index(const Nvml& nvml, const std::string& entry) {
  const auto number = parse_integer(entry);
  if (!number) return nvml.index_of(entry);
  if (*number < 0 || *number >= nvml.device_count()) return std::nullopt;
  return static_cast<int>(*number);
}

}  // namespace

Devices::Devices(std::optional<int> index) : host_(read_host()), nvml_(Nvml::open(&missing_)) {
  if (!nvml_) return;
  const auto entries = visible_entries(*nvml_);
  const std::size_t chosen = static_cast<std::size_t>(index.value_or(0));
  if (chosen >= entries.size()) {
    missing_ = entries.empty() ? "no GPU is visible"
                               : "no GPU " + std::to_string(chosen) + ": " +
                                     std::to_string(entries.size()) + " here, counted from 0";
    return;
  }
  gpu_ = nvml_index(*nvml_, entries[chosen]);
  if (!gpu_) missing_ = "CUDA_VISIBLE_DEVICES names no device of this machine";
  visible_ = entries[chosen];
}

std::string Devices::why_no_cuda() const {
  if (!gpu_) return missing_;
  if (const int supported = nvml_->cuda_version(); supported < needed_cuda())
    return "driver " + nvml_->driver_version() + " supports CUDA " + dotted(supported) +
           ", this build needs " + dotted(needed_cuda()) + "; update the driver";
  return "";
}

std::string Devices::best() const { return why_no_cuda().empty() ? "cuda" : "cpu"; }

void Devices::require(const std::string& device) const {
  if (device != "cuda") return;
  if (const std::string why = why_no_cuda(); !why.empty())
    throw NotUsable("--device cuda: " + why +
                    (why.ends_with("driver") ? " or use --device cpu" : "; use --device cpu"));
}

void Devices::require_idle() const {
  const auto users = gpu_processes();
  std::int64_t bytes = gpu_memory().used_bytes;
  if (users.empty() && bytes < kIdleGpuBytes) return;
  std::string pids;
  for (const auto& user : users) pids += (pids.empty() ? "" : ", ") + std::to_string(user.pid);
  const std::string who = users.empty()
                              ? "processes that can't be seen from here"
                              : std::to_string(users.size()) + " other process" +
                                    (users.size() > 1 ? "es (pids " : " (pid ") + pids + ")";
  throw NotUsable("device " + std::to_string(*gpu_) + ": " + format("%.0f MiB", bytes / kMiB) +
                  " held by " + who + ": times would be wrong; " +
                  (nvml_->device_count() > 1 ? "another --device cuda:N, or " : "") +
                  "--allow-busy to mark them");
}

std::string Devices::describe(const std::string& device) const {
  if (device != "cuda")
    return "cpu: " + host_.cpu_name + ", " + std::to_string(host_.cores) + " cores, " +
           format("%.1f GiB free", host_.free_bytes / kGiB);
  const GpuMemory memory = gpu_memory();
  return "cuda: " + gpu_name() + ", " +
         format("%.1f", (memory.total_bytes - memory.used_bytes) / kGiB) + " of " +
         format("%.1f GiB free", memory.total_bytes / kGiB) + ", driver " + driver();
}

std::string Devices::identity(const std::string& device) const {
  if (device != "cuda")
    return "cpu|" + host_.cpu_name + "|" + std::to_string(host_.cores) + "|" +
           std::to_string(host_.memory_bytes);
  return "cuda|" + gpu_name() + "|" + std::to_string(gpu_memory().total_bytes) + "|" + driver();
}

std::int64_t Devices::wait_until_free(std::int64_t used_bytes) const {
  using namespace std::chrono;
  const auto deadline = steady_clock::now() + seconds(5);
  std::int64_t held = 0;
  do {
    held = gpu_memory().used_bytes - used_bytes;
    if (held <= kBackBytes) return 0;
    std::this_thread::sleep_for(milliseconds(20));
  } while (steady_clock::now() < deadline);
  return held;
}

}  // namespace clipbench::bench
