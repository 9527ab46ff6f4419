// Which kernels ran in which phase, and for how long. Pure.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "profiler/phase_spans.h"

namespace clipbench::profiler {

struct KernelRun {
  std::string name;  ///< as the linker knows it
  std::uint32_t correlation = 0;
  std::int64_t begin_ns = 0, end_ns = 0;  ///< on the device, in clock.h's time
};

struct KernelLaunch {
  std::uint32_t correlation = 0;
  std::int64_t t_ns = 0;  ///< on the host, on whichever thread
};

struct KernelActivity {
  std::vector<KernelRun> runs;
  std::vector<KernelLaunch> launches;
  std::vector<std::string> faults;  ///< dropped records
};

struct KernelRow {
  std::string name, phase;  ///< phase "" outside all phases
  std::int64_t calls = 0;
  double ms = 0;  ///< of all calls
};

/// A kernel belongs to the phase in which the host launched it, whenever it ran. Longest first.
std::vector<KernelRow> kernel_table(const KernelActivity& activity,
                                    std::span<const PhaseSpan> phases);

/// "void at::native::foo<4, float>(int)" → "foo<4, float>"; at most 96 characters.
std::string short_kernel_name(const std::string& mangled);

}  // namespace clipbench::profiler
