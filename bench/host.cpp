#include "bench/host.h"

#include <sched.h>

#include <cstdlib>
#include <fstream>
#include <regex>
#include <sstream>

namespace clipbench::bench {
namespace {

/// The value behind `key` in a file of "key : value" or "key value" lines; "" where there is none.
std::string value_in(const char* path, const std::string& key) {
  std::ifstream file(path);
  for (std::string line; std::getline(file, line);) {
    if (!line.starts_with(key)) continue;
    const auto start = line.find_first_not_of(" \t:", key.size());
    return start == std::string::npos ? "" : line.substr(start);
  }
  return "";
}

std::string plain_cpu_name(const std::string& name) {
  static const std::regex noise(
      R"(\(R\)|\(TM\)|\bIntel\b|\bAMD\b|\bCPU\b|\bProcessor\b|@.*|\d+-Core)");
  std::istringstream words(std::regex_replace(name, noise, " "));
  std::string result;
  for (std::string word; words >> word;) result += (result.empty() ? "" : " ") + word;
  return result;
}

std::int64_t usable_cores() {
  cpu_set_t set;
  return sched_getaffinity(0, sizeof(set), &set) == 0 ? CPU_COUNT(&set) : 1;
}

std::int64_t kib_in_meminfo(const char* key) {
  return std::atoll(value_in("/proc/meminfo", key).c_str());
}

}  // namespace

Host read_host() {
  Host host;
  host.cpu_name = plain_cpu_name(value_in("/proc/cpuinfo", "model name"));
  host.mhz = std::atof(value_in("/proc/cpuinfo", "cpu MHz").c_str());
  host.cores = usable_cores();
  host.memory_bytes = kib_in_meminfo("MemTotal") * 1024;
  host.free_bytes = kib_in_meminfo("MemAvailable") * 1024;
  return host;
}

std::int64_t count_oom_kills() {
  const std::string group = value_in("/sys/fs/cgroup/memory.events", "oom_kill ");
  const std::string machine = value_in("/proc/vmstat", "oom_kill ");
  return std::atoll(group.c_str()) + std::atoll(machine.c_str());
}

double load_average() {
  std::ifstream file("/proc/loadavg");
  double load = 0;
  file >> load;
  return load;
}

}  // namespace clipbench::bench
