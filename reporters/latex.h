// Tables and numbers for papers, from the same columns as everything else. Pure.
#pragma once

#include <string>
#include <vector>

#include "reporters/context.h"
#include "reporters/record.h"

namespace clipbench::reporters {

/// tables.tex: a booktabs table a group.
std::string tables_tex(const std::vector<Record>& records, const Context& context);
/// macros.tex: \clipbench{gpt2_tiny/ghost/T:128/B:8/f32/cpu}{peak_ratio} expands to 1.026; an
/// unknown name is an error.
std::string macros_tex(const std::vector<Record>& records, const Context& context);

}  // namespace clipbench::reporters
