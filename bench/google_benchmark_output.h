// Google Benchmark's own formats, as its flags want them: made from the folder's benchmark.json.
#pragma once

#include <string>

#include "bench/options.h"

namespace clipbench::bench {

/// `json`: the text of benchmark.json. Applies the time unit, the context's additions and
/// "aggregates only". Throws std::runtime_error when it isn't that file's form.
std::string adapted_json(const std::string& json, const OutputOptions&);

/// The library's CSV columns, a line a benchmark.
std::string as_csv(const std::string& json);

}  // namespace clipbench::bench
