#include "bench/identity.h"

#include <cstdlib>
#include <filesystem>
#include <system_error>

#include "bench/file_path.h"
#include "bench/sha256.h"

namespace clipbench::bench {
namespace {

constexpr const char* kEnvironment[] = {
    "OMP_NUM_THREADS",      "MKL_NUM_THREADS",         "ATEN_CPU_CAPABILITY",
    "ONEDNN_MAX_CPU_ISA",   "PYTORCH_CUDA_ALLOC_CONF", "PYTORCH_ALLOC_CONF",
    "NVIDIA_TF32_OVERRIDE", "CUDA_LAUNCH_BLOCKING",    "CUBLAS_WORKSPACE_CONFIG"};

std::string read_environment() {
  std::string text;
  for (const char* name : kEnvironment)
    if (const char* value = std::getenv(name)) text += std::string(name) + "=" + value + "\n";
  return text;
}

std::string hash_data(const std::string& file) {
  if (file.empty()) return "zipf";
  std::error_code error;
  if (!std::filesystem::exists(file, error)) throw UsageError("--data " + file + ": no such file");
  if (!std::filesystem::is_regular_file(file, error))
    throw UsageError("--data " + file + ": not a file with text or tokens");
  try {
    return sha256_file(file);
  } catch (const std::system_error& failure) {
    throw UsageError("--data " + file + ": " + failure.code().message());
  }
}

std::string print_options(const WorkerOptions& measuring) {
  WorkerOptions relevant = measuring;
  relevant.data.clear();  // its contents count, not its place
  relevant.dump.clear();  // changes nothing that is measured
  relevant.argv.clear();
  std::string text;
  for (const auto& argument : relevant.to_argv()) text += argument + "\n";
  return text;
}

}  // namespace

Identity::Identity(const Plan& plan, const Devices& devices)
    : options_(print_options(plan.measuring)),
      programs_(sha256_file(own_binary()) + sha256_file(worker_binary())),
      data_(hash_data(plan.measuring.data)),
      environment_(read_environment()) {
  for (const char* device : {"cpu", "cuda"})
    if (plan.uses(device)) devices_[device] = devices.identity(device);
}

std::string Identity::key(const Case& measured, std::int64_t repetition) const {
  return sha256(measured.name() + "\n" + std::to_string(repetition) + "\n" + programs_ + "\n" +
                data_ + "\n" + devices_.at(measured.device) + "\n" + environment_ + options_);
}

std::string Identity::run_key(const Plan& plan) const {
  std::string keys;
  for (const auto& one : plan.cases)
    for (std::int64_t i = 0; i < plan.repetitions; ++i) keys += key(one, i);
  return sha256(keys);
}

}  // namespace clipbench::bench
