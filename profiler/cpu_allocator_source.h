// Host memory: an allocator of ours under LibTorch's, which counts always and reports when asked.
#pragma once

#include <memory>

#include "profiler/allocator_source.h"

namespace clipbench::profiler {

/// Makes LibTorch allocate host tensors through us, for the rest of the process. Call at program
/// start, before the first tensor: blocks from before are not in the account. Calling again does
/// nothing.
void install_cpu_allocator();

/// Throws c10::Error unless install_cpu_allocator() was called.
std::unique_ptr<AllocatorSource> make_cpu_allocator_source();

}  // namespace clipbench::profiler
