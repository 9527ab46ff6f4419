#pragma once

#include <string>
#include <vector>

namespace clipbench::bench {

/// What stands between separators, empty parts included: one part more than there are separators.
std::vector<std::string> split(const std::string& text, char separator);

}  // namespace clipbench::bench
