// Which folder a run goes to, and what `--resume` takes over from it.
#pragma once

#include <string>

#include "bench/options.h"
#include "bench/run_folder.h"

namespace clipbench::bench {

/// A fresh folder, or the one to go on in. Throws UsageError for --out where another run lies,
/// NotUsable for --resume where none does.
RunFolder choose_folder(const RunOptions&, const std::string& run_key);

/// The options as typed; after --resume, those of the run with the typed ones on top.
Options with_resumed_arguments(const Options& typed);

}  // namespace clipbench::bench
