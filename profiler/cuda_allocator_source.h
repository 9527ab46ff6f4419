// Device memory: listens to LibTorch's caching allocator.
#pragma once

#include <c10/core/Device.h>

#include <memory>

#include "profiler/allocator_source.h"

namespace clipbench::profiler {

/// Initialises CUDA. Throws c10::Error, in one line, for settings under which the allocator can't
/// be heard: PYTORCH_NO_CUDA_MEMORY_CACHING=1 and backend:cudaMallocAsync.
std::unique_ptr<AllocatorSource> make_cuda_allocator_source(c10::Device device);

}  // namespace clipbench::profiler
