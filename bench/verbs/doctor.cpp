// What may spoil a measurement here: device, clocks, other users, tools, settings.
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <sstream>

#include "bench/cases/build_info.h"
#include "bench/device.h"
#include "bench/exit_code.h"
#include "bench/file_path.h"
#include "bench/host.h"
#include "bench/verbs/verb.h"

namespace clipbench::bench {
namespace {

void print(const char* topic, const std::string& text) {
  std::printf("%-11s%s\n", topic, text.c_str());
}

std::string found_on_path(const std::string& program) {
  std::istringstream folders(std::getenv("PATH") ? std::getenv("PATH") : "");
  for (std::string folder; std::getline(folders, folder, ':');)
    if (access((folder + "/" + program).c_str(), X_OK) == 0) return folder + "/" + program;
  return "";
}

void examine_programs() {
  print("program", version_line() + ", " + build_info().compiler);
  if (std::string(build_info().build_type) != "Release")
    print("", "not a Release build: its times mean nothing");
  try {
    worker_binary();
    print("worker", "found beside clipbench");
  } catch (const NotUsable& error) {
    print("worker", error.what());
  }
  print("gnuplot",
        found_on_path("gnuplot").empty() ? "not found: records and tables, no figures" : "found");
  print("pdftocairo",
        found_on_path("pdftocairo").empty() ? "not found: figures only as PDF" : "found");
}

void examine_cpu(const Devices& devices) {
  print("cpu", devices.describe("cpu"));
  if (const std::string warning = cpu_warning(); !warning.empty()) print("", warning);
}

void examine_gpu(const Devices& devices) {
  try {
    devices.require("cuda");
  } catch (const NotUsable& error) {
    print("gpu", error.what());
    return;
  }
  const GpuClocks clocks = devices.gpu_clocks();
  print("gpu", devices.describe("cuda"));
  print("clocks", std::to_string(clocks.sm_mhz) + " MHz SM, " + std::to_string(clocks.memory_mhz) +
                      " MHz memory, " + std::to_string(clocks.temperature_c) + " C");
  const std::string throttled = throttle_names(clocks.throttle_reasons);
  print("throttling", throttled.empty() ? "none" : throttled);
  try {
    devices.require_idle();
    print("others", "no other process uses this GPU");
  } catch (const NotUsable& error) {
    print("others", error.what());
  }
}

void examine_settings() {
  for (const char* name :
       {"PYTORCH_CUDA_ALLOC_CONF", "PYTORCH_ALLOC_CONF", "PYTORCH_NO_CUDA_MEMORY_CACHING",
        "CUDA_VISIBLE_DEVICES", "CUBLAS_WORKSPACE_CONFIG", "OMP_NUM_THREADS", "CLIPBENCH_WORKER"})
    if (const char* value = std::getenv(name)) print("setting", std::string(name) + "=" + value);
}

}  // namespace

int doctor_verb(const Options& options) {
  const Devices devices(options.selection.device_index);
  examine_programs();
  examine_cpu(devices);
  examine_gpu(devices);
  examine_settings();
  print("results", access(".", W_OK) == 0 ? "this folder can be written"
                                          : "this folder cannot be written; use --out");
  return kPass;
}

}  // namespace clipbench::bench
