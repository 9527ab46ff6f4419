// The test program allocates through our allocator from its first tensor on, as the worker does.
#include "profiler/cpu_allocator_source.h"

namespace {
[[maybe_unused]] const bool installed = (clipbench::profiler::install_cpu_allocator(), true);
}

/// Under AddressSanitizer, sizes that no machine has must fail as they do without it.
extern "C" const char* __asan_default_options() { return "allocator_may_return_null=1"; }
