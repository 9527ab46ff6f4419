// Text compared with a kept file, byte by byte.
#pragma once

#include <string>

namespace clipbench::reporters {

/// Fails with the first line that differs. CLIPBENCH_REGENERATE_GOLDENS=1 writes the files instead:
/// look at the difference before it is committed.
void expect_golden(const std::string& name, const std::string& text);

}  // namespace clipbench::reporters
