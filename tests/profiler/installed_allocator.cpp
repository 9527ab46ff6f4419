// The test program allocates through our allocator from its first tensor on, as the worker does.
#include "profiler/cpu_allocator_source.h"

namespace {
[[maybe_unused]] const bool installed = (clipbench::profiler::install_cpu_allocator(), true);
}
