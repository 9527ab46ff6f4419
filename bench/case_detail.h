// All that a reader wants to know of one case, as text.
#pragma once

#include <string>

#include "reporters/record.h"

namespace clipbench::bench {

/// Peak, components and largest blocks there, snapshots, phases, checks, verification, seconds.
std::string case_detail(const reporters::Record&);

}  // namespace clipbench::bench
