// A fixed matrix product and a fixed copy, timed: whether the machine is still as fast as it was.
#pragma once

#include <string>

namespace clipbench::bench {

/// `device`: cpu or cuda. Prints `{"gemm_ms": …, "copy_ms": …}`, medians of 15 times, on stdout.
/// Throws c10::Error.
void sing(const std::string& device);

}  // namespace clipbench::bench
