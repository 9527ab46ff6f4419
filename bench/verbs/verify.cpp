// Methods against microbatch, and nothing else: no times, no folder.
#include <unistd.h>

#include <cstdio>
#include <filesystem>

#include "bench/device.h"
#include "bench/exit_code.h"
#include "bench/file_path.h"
#include "bench/plan.h"
#include "bench/progress_console.h"
#include "bench/report_run.h"
#include "bench/signals.h"
#include "bench/verbs/verb.h"
#include "bench/worker_environment.h"
#include "bench/worker_process.h"
#include "reporters/case_summary.h"
#include "reporters/text.h"

namespace clipbench::bench {
namespace {

namespace fs = std::filesystem;
using reporters::pad_left;
using reporters::pad_right;
using reporters::Record;

/// A folder that goes with the process.
class TemporaryFolder {
 public:
  TemporaryFolder()
      : path_(fs::temp_directory_path() / ("clipbench-verify-" + std::to_string(getpid()))) {
    fs::create_directories(path_);
  }
  ~TemporaryFolder() {
    std::error_code ignored;
    fs::remove_all(path_, ignored);
  }
  const fs::path& path() const { return path_; }

 private:
  fs::path path_;
};

std::string row(const Record& record) {
  const auto& result = record.verification;
  std::string text = pad_right(record.case_name, 56);
  if (record.status != reporters::Status::ok)
    return text + "  " + reporters::describe_status(record);
  if (!result.done) return text + "  nothing to verify";
  text += pad_left(reporters::scientific(result.max_relative_error), 10) +
          pad_left(reporters::scientific(result.tolerance), 11) +
          pad_left(reporters::scientific(result.norm_error), 12);
  if (result.dtype_ratio_limit > 0)
    text += pad_left(reporters::fixed(result.dtype_error_ratio, 2) + " of " +
                         reporters::fixed(result.dtype_ratio_limit, 2),
                     16);
  return text;
}

WorkerRequest request_for(const Options& options, const Plan& plan, const Case& verified,
                          const Devices& devices, const fs::path& folder) {
  WorkerRequest request;
  request.program = worker_binary();
  request.measured = verified;
  request.options = plan.measuring;
  request.options.case_name = verified.name();
  request.options.verify_only = true;
  request.options.record = folder / "record.json";
  request.timeout_seconds = options.run.timeout_seconds;
  request.visible_devices = options.selection.device_index ? devices.visible_devices() : "";
  request.show_stderr = options.output.verbosity > 0;
  return request;
}

int verify(const Options& options, const Plan& plan, const Devices& devices) {
  const TemporaryFolder folder;
  ProgressConsole console(isatty(STDERR_FILENO), plan.processes(), [] { return 0.0; });
  std::vector<Record> records;
  std::printf("%s%s%s%s%s\n", pad_right("case", 56).c_str(), pad_left("error", 10).c_str(),
              pad_left("tolerance", 11).c_str(), pad_left("norm error", 12).c_str(),
              pad_left("own dtype", 16).c_str());
  for (const auto& one : plan.cases) {
    WorkerRequest request = request_for(options, plan, one, devices, folder.path());
    request.on_stage = [&](const Stage& stage) { console.stage(stage); };
    request.on_tick = [&] { console.tick(); };
    console.case_started(one.name());
    const WorkerOutcome outcome = run_worker(request);
    console.clear();
    if (outcome.interrupted) return kSignalBase + interrupting_signal();
    std::printf("%s\n", row(outcome.record).c_str());
    std::fflush(stdout);
    records.push_back(outcome.record);
  }
  print_findings(records);
  return exit_code_of(records, options.run.strict);
}

}  // namespace

int verify_verb(const Options& options) {
  if (!options.measuring.dump.empty())
    throw UsageError("verify --dump: only a run writes dumps; clipbench --dump " +
                     options.measuring.dump);
  const Devices devices(options.selection.device_index);
  const Plan plan = make_plan(options, devices.best());
  for (const auto& one : plan.cases) {
    devices.require(one.device);
    check_environment(one);
  }
  return verify(options, plan, devices);
}

}  // namespace clipbench::bench
