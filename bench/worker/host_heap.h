// The process's heap under a training step on a CPU.
#pragma once

#include <string>

namespace clipbench::bench {

/// From here on the C library keeps memory that is freed, as a GPU's caching allocator does. By
/// default it maps every large tensor anew and gives it back: a fault and a cleared page for every
/// 4 KiB, in every step, in vanilla as in other methods. Returns what records say of it; empty
/// where the C library is not glibc.
std::string keep_freed_host_memory();

}  // namespace clipbench::bench
