#include "bench/host.h"

#include <sched.h>

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <regex>
#include <sstream>
#include <thread>

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

/// In ticks since the system started, over all processors.
struct ProcessorTimes {
  double busy = 0, all = 0;
};

ProcessorTimes read_processor_times() {
  std::ifstream file("/proc/stat");
  std::string cpu;
  double user = 0, nice = 0, system = 0, idle = 0, waiting = 0;
  file >> cpu >> user >> nice >> system >> idle >> waiting;
  const double busy = user + nice + system;
  return {busy, busy + idle + waiting};
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

double busy_cores() {
  const auto before = read_processor_times();
  std::this_thread::sleep_for(std::chrono::milliseconds(100));
  const auto after = read_processor_times();
  const double elapsed = after.all - before.all;
  return elapsed > 0 ? (after.busy - before.busy) / elapsed * static_cast<double>(usable_cores())
                     : 0;
}

std::string cpu_warning() {
  const double busy = busy_cores();
  if (busy < 0.3) return "";
  char text[128];
  std::snprintf(text, sizeof(text),
                "other processes keep %.1f of %lld cores busy: times will be longer and vary", busy,
                static_cast<long long>(usable_cores()));
  return text;
}

}  // namespace clipbench::bench
