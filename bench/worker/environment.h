// Where a worker runs, for its record.
#pragma once

#include <ATen/core/Tensor.h>

#include "bench/cases/worker_options.h"
#include "reporters/record.h"

namespace clipbench::bench {

reporters::Environment describe_environment(at::Device, const WorkerOptions&);

/// Bytes of the process outside the allocator's account, for the waterfall. Call at the steady
/// state.
std::map<std::string, std::int64_t> process_bytes(at::Device, std::int64_t peak_allocated_bytes,
                                                  std::optional<std::int64_t> peak_reserved_bytes);

}  // namespace clipbench::bench
