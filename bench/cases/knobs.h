// Values of knobs: which are possible, and the one spelling each has in a case's name.
#pragma once

#include <string>
#include <vector>

namespace clipbench::bench {

/// The value's canonical spelling ("1.0" → "1"); throws UsageError naming the knob and what is
/// possible.
std::string canonical_knob(const std::string& name, const std::string& value);

/// The default of a knob; throws UsageError for an unknown one.
const char* default_knob(const std::string& name);

}  // namespace clipbench::bench
