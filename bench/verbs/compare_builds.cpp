#include <array>
#include <cstdio>
#include <filesystem>
#include <memory>
#include <nlohmann/json.hpp>

#include "bench/compare_records.h"
#include "bench/device.h"
#include "bench/exit_code.h"
#include "bench/file_path.h"
#include "bench/folder_lock.h"
#include "bench/plan.h"
#include "bench/process.h"
#include "bench/report_comparison.h"
#include "bench/run_folder.h"
#include "bench/signals.h"
#include "bench/verbs/compare_measured.h"
#include "bench/worker_environment.h"
#include "bench/worker_process.h"
#include "comparison/canary.h"
#include "comparison/looks.h"
#include "reporters/case_summary.h"
#include "reporters/record_io.h"
#include "reporters/text.h"

namespace clipbench::bench {
namespace {

namespace fs = std::filesystem;
using comparison::CanaryReading;
using reporters::Record;

constexpr std::int64_t kDefaultProcesses = 7;

/// A folder of a build, its clipbench, or its clipbench-worker.
fs::path worker_of(const std::string& build) {
  fs::path path = build;
  if (fs::is_directory(path)) path /= "clipbench-worker";
  if (path.filename() == "clipbench") path.replace_filename("clipbench-worker");
  if (!fs::is_regular_file(path))
    throw NotUsable("no build \"" + build + "\": a folder with clipbench-worker is needed");
  return fs::absolute(path);
}

/// One of the two builds: its worker and where its records go.
struct Side {
  std::string name;  ///< for progress lines: old, new
  fs::path worker;
  RunFolder folder;
};

/// Processes of both builds in turn, and the canary's readings between them.
class Duel {
 public:
  Duel(const Options& options, Plan plan, Side old_build, Side new_build)
      : options_(options),
        plan_(std::move(plan)),
        sides_{std::move(old_build), std::move(new_build)},
        devices_(options.selection.device_index) {
    for (const Case& one : plan_.cases) {
      devices_.require(one.device);
      check_environment(one);
    }
    for (const Side& side : sides_) {
      side.folder.prepare();
      locks_.push_back(std::make_unique<FolderLock>(side.folder));
    }
  }

  /// Until there are so many processes a case and side, or a signal asks to stop.
  void measure(std::int64_t processes) {
    for (; rounds_ < processes && !interrupting_signal(); ++rounds_) {
      listen_to_canary();
      for (const Case& one : plan_.cases) measure_pair(one);
    }
  }
  const std::vector<CanaryReading>& canary() const { return canary_; }

 private:
  /// The build that begins changes with every round: what favours the first favours both.
  void measure_pair(const Case& one) {
    const std::size_t first = static_cast<std::size_t>(rounds_ % 2);
    for (const Side* side : {&sides_[first], &sides_[1 - first]})
      if (!interrupting_signal()) measure_one(one, *side);
  }

  void measure_one(const Case& one, const Side& side) {
    const std::int64_t used_before = one.device == "cuda" ? devices_.gpu_memory().used_bytes : 0;
    const WorkerOutcome outcome = run_worker(request_for(one, side));
    if (outcome.interrupted) return;
    reporters::write_record(side.folder.record_path(one.name(), rounds_), outcome.record);
    print_progress(one, side, outcome.record);
    if (one.device == "cuda") devices_.wait_until_free(used_before);
  }

  WorkerRequest request_for(const Case& one, const Side& side) const {
    WorkerRequest request;
    request.program = side.worker;
    request.measured = one;
    request.options = plan_.measuring;
    request.options.case_name = one.name();
    request.options.repetition = rounds_;
    request.options.record = side.folder.record_path(one.name(), rounds_);
    request.options.argv = without_folders(options_.argv);
    request.timeout_seconds = options_.run.timeout_seconds;
    request.visible_devices = options_.selection.device_index ? devices_.visible_devices() : "";
    request.show_stderr = options_.output.verbosity > 0;
    return request;
  }

  void print_progress(const Case& one, const Side& side, const Record& record) const {
    const std::string what = record.status == reporters::Status::ok
                                 ? reporters::fixed(record.time.step_ms.median, 2) + " ms"
                                 : reporters::describe_status(record);
    std::fprintf(stderr, "round %2lld  %s  %s  %s\n", static_cast<long long>(rounds_ + 1),
                 side.name.c_str(), one.name().c_str(), what.c_str());
  }

  /// Always this program's own worker, so that a reading depends on the machine alone.
  void listen_to_canary() {
    ProcessRequest request;
    request.argv = {worker_binary().string(), "--canary=" + plan_.cases.front().device};
    request.environment = worker_environment(
        plan_.cases.front(), options_.selection.device_index ? devices_.visible_devices() : "");
    request.timeout_seconds = 60;
    request.stop_requested = interrupting_signal;
    request.on_line = [this](const std::string& line) {
      const auto reading = nlohmann::json::parse(line, nullptr, false);
      if (reading.is_object() && reading.contains("gemm_ms") && reading.contains("copy_ms"))
        canary_.push_back({reading["gemm_ms"].get<double>(), reading["copy_ms"].get<double>()});
    };
    run_process(request);
  }

  const Options& options_;
  const Plan plan_;
  const std::array<Side, 2> sides_;
  std::vector<std::unique_ptr<FolderLock>> locks_;
  const Devices devices_;
  std::vector<CanaryReading> canary_;
  std::int64_t rounds_ = 0;
};

std::string out_folder(const Options& options) {
  if (options.run.out.empty()) return RunFolder::fresh().path().string();
  for (const char* side : {"old", "new"})
    if (RunFolder(fs::path(options.run.out) / side).holds_run())
      throw UsageError("--out " + options.run.out + ": holds a run already; name another folder");
  return options.run.out;
}

int stopped_by(int signal, const fs::path& out) {
  std::fprintf(stderr, "interrupted: what was measured lies in %s/old and new\n", out.c_str());
  return kSignalBase + signal;
}

std::vector<comparison::Look> looks_of(const Options& options, double alpha) {
  if (options.comparing.until_decided) return comparison::planned_looks(alpha);
  const std::int64_t asked = options.run.repetitions;
  return {{asked > 0 ? asked : kDefaultProcesses, alpha}};
}

}  // namespace

int compare_builds(const Options& options) {
  comparison::Rules rules = rules_of(options.comparing);
  const fs::path out = out_folder(options);
  const Side before = {"old", worker_of(options.words[0]), RunFolder(out / "old")};
  const Side after = {"new", worker_of(options.words[1]), RunFolder(out / "new")};
  const Plan plan = make_plan(options, Devices(options.selection.device_index).best());
  std::fprintf(stderr, "compare  builds %s -> %s in %s\n", options.words[0].c_str(),
               options.words[1].c_str(), out.c_str());
  Duel duel(options, plan, before, after);
  comparison::Comparison judged;
  for (const auto& look : looks_of(options, rules.time.alpha)) {
    duel.measure(look.processes);
    if (const int signal = interrupting_signal()) return stopped_by(signal, out);
    rules.time.alpha = look.alpha;
    judged = judge(choose(before.folder.path().string(), {}),
                   choose(after.folder.path().string(), {}), rules);
    if (is_decided(judged)) break;
  }
  auto context = context_of(options, before.folder.path().string(), after.folder.path().string());
  context.alpha = rules.time.alpha;
  std::fprintf(stderr, "canary   %s\n", canary_line(duel.canary()).c_str());
  return report_comparison(judged, context, options);
}

}  // namespace clipbench::bench
