// A run: every case of a plan in its own process, each with a record in the folder, whatever
// happens.
#pragma once

#include <cstdint>
#include <exception>
#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include "bench/device.h"
#include "bench/forecast.h"
#include "bench/google_benchmark.h"
#include "bench/identity.h"
#include "bench/plan.h"
#include "bench/progress_console.h"
#include "bench/progress_log.h"
#include "bench/run_folder.h"
#include "bench/worker_process.h"

namespace clipbench::bench {

struct RunResult {
  std::vector<reporters::Record> records;  ///< in the plan's order
  std::int64_t measured = 0, reused = 0;
  int interrupted_by = 0;  ///< signal
};

class Runner {
 public:
  Runner(const Options&, const Plan&, const Devices&, const Identity&, const RunFolder&, Forecast);

  /// Processes that have no finished record yet.
  std::int64_t pending() const;
  /// Measures what has no finished record with the same key. Throws what stops a whole run: a
  /// worker that can't be started, a folder that can't be written.
  RunResult run();

 private:
  FixtureResult run_case(const Case&, std::int64_t repetition);
  /// Its record, and its dump where dumps were asked for.
  const reporters::Record* finished(const Case&, const std::string& key) const;
  std::string dump_of(const Case&) const;  ///< the folder; empty: none
  reporters::Record measure(const Case&, std::int64_t repetition, const std::string& key);
  WorkerRequest request_for(const Case&, std::int64_t repetition, const std::string& key) const;
  WorkerOutcome run_shown(WorkerRequest);    ///< with progress on the console
  WorkerOutcome run_watched(WorkerRequest);  ///< and an eye on the GPU
  void keep(reporters::Record, double seconds);
  double seconds_left() const;

  const Options& options_;
  const Plan& plan_;
  const Devices& devices_;
  const Identity& identity_;
  const RunFolder& folder_;
  const ProgressLog log_;
  Forecast forecast_;
  ProgressConsole console_;
  std::filesystem::path worker_;
  std::map<std::string, reporters::Record> by_key_;  ///< of the folder, then of this run, too
  std::exception_ptr failure_;
  RunResult result_;
  std::int64_t begun_ = 0;
};

}  // namespace clipbench::bench
