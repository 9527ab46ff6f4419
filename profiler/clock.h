// The one clock of events, phases and snapshots.
#pragma once

#include <chrono>
#include <cstdint>

namespace clipbench::profiler {

inline const std::chrono::steady_clock::time_point kClockOrigin = std::chrono::steady_clock::now();

/// Nanoseconds since the program was loaded; monotonic, the same for all threads.
inline std::int64_t now_ns() {
  return std::chrono::duration_cast<std::chrono::nanoseconds>(std::chrono::steady_clock::now() -
                                                              kClockOrigin)
      .count();
}

}  // namespace clipbench::profiler
