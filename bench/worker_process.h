// One case in one process: what goes in, and a record of what came out, whatever happened.
#pragma once

#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "bench/cases/case.h"
#include "bench/cases/worker_options.h"
#include "reporters/record.h"

namespace clipbench::bench {

/// A worker's progress line.
struct Stage {
  std::string name;  ///< setup, warmup, timing, recording, dump, verification
  std::int64_t done = 0, of = 0;
  std::optional<double> half_width;  ///< relative
};

/// The line's contents; nothing where it isn't a progress line.
std::optional<Stage> parse_stage(const std::string& line);

struct WorkerRequest {
  std::filesystem::path program;
  Case measured;
  WorkerOptions options;  ///< `record` names the file that the worker writes
  double timeout_seconds = 900;
  std::string visible_devices;  ///< CUDA_VISIBLE_DEVICES; empty: as it is
  bool show_stderr = false;
  std::function<void(const Stage&)> on_stage;
  std::function<void()> on_tick;
};

struct WorkerOutcome {
  reporters::Record record;  ///< of any status
  bool interrupted = false;  ///< the user stopped the run; there is no record
  double seconds = 0;        ///< of the process
};

/// Runs the worker to its end. A worker that crashes, hangs, writes nothing or writes nonsense
/// yields a record with that status; it is not written to disk here. Throws NotUsable when it can't
/// be started.
WorkerOutcome run_worker(const WorkerRequest&);

}  // namespace clipbench::bench
