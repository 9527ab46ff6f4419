// What /proc and the environment tell about this machine. No host name.
#pragma once

#include <cstdint>
#include <string>

namespace clipbench::bench {

struct Host {
  std::string cpu_name;  ///< without trademark noise: "Xeon 8481C"
  std::int64_t cores = 0;
  double mhz = 0;
  std::int64_t memory_bytes = 0, free_bytes = 0;  ///< free: what can be had without swapping
};

Host read_host();

/// Processes that the kernel killed for want of memory since it started; to see whether one more
/// was.
std::int64_t count_oom_kills();

/// Cores that other processes keep busy now. Looks for a tenth of a second.
double busy_cores();
/// A line for the user where busy_cores() would spoil times; else "".
std::string cpu_warning();

}  // namespace clipbench::bench
