// What an allocator's complaint says, in one line. Pure.
#pragma once

#include <cstdint>
#include <string>

namespace clipbench::bench {

/// LibTorch throws a type of its own for CUDA only: is this message of the CPU's allocator a lack
/// of memory?
bool is_out_of_memory(const std::string& message);

/// "OOM in backward: asked 3.14 GiB, 1.08 GiB free of 139.81 GiB; highest until then 142005.1 MiB".
/// `where` is a phase or a stage. A message in other words is kept up to the end of its first line.
std::string describe_out_of_memory(const std::string& message, const std::string& where,
                                   std::int64_t peak_allocated_bytes);

}  // namespace clipbench::bench
