// Whether two runs were measured under conditions that a comparison may ignore.
#pragma once

#include <string>
#include <vector>

#include "reporters/record.h"

namespace clipbench::comparison {

/// "" or why numbers of these two say nothing about each other: another device (model name, or
/// memory by more than 1 %), build type or allocator settings. Records of processes that told
/// nothing of these pass.
std::string why_incomparable(const reporters::Record& base, const reporters::Record& next);

/// What else differs and may explain a change: "torch 2.10.0 -> 2.11.0"; versions, driver, threads,
/// data.
std::vector<std::string> differences(const reporters::Record& base, const reporters::Record& next);

}  // namespace clipbench::comparison
