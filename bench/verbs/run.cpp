// The main job: measure cases, each in its own process, then tables and figures.
#include <cstdio>
#include <optional>
#include <system_error>

#include "bench/cases/build_info.h"
#include "bench/device.h"
#include "bench/dump_folder.h"
#include "bench/exit_code.h"
#include "bench/file_path.h"
#include "bench/folder_lock.h"
#include "bench/identity.h"
#include "bench/manifest.h"
#include "bench/report_run.h"
#include "bench/runner.h"
#include "bench/verbs/choose_folder.h"
#include "bench/verbs/run_plan.h"
#include "bench/verbs/verb.h"
#include "bench/worker_environment.h"
#include "reporters/text.h"

namespace clipbench::bench {
namespace {

int print_names(const Plan& plan) {
  for (const auto& one : plan.cases) std::printf("%s\n", one.name().c_str());
  return kPass;
}

Forecast forecast() {
  const auto latest = RunFolder::latest();
  return Forecast(latest.empty() ? std::map<std::string, double>()
                                 : ProgressLog(RunFolder(latest).progress()).seconds_by_case());
}

std::string describe_plan(const Plan& plan, double seconds) {
  std::string text = "suite " + plan.suite + ", " + std::to_string(plan.cases.size()) +
                     (plan.cases.size() == 1 ? " case" : " cases");
  if (plan.repetitions > 1) text += ", " + std::to_string(plan.repetitions) + " processes each";
  return text + (seconds > 0 ? ", " + about(seconds) : "");
}

int dry_run(const Plan& plan) {
  print_names(plan);
  const double seconds = forecast().of(plan.cases, plan.repetitions);
  std::fprintf(stderr, "%s; nothing was run\n", describe_plan(plan, seconds).c_str());
  return kPass;
}

void require_usable(const Plan& plan, const Devices& devices) {
  for (const auto& one : plan.cases) {
    devices.require(one.device);
    check_environment(one);
  }
}

void print_heading(const Plan& plan, const Devices& devices, const RunFolder& folder,
                   std::int64_t pending) {
  std::fprintf(stderr, "%s\n", version_line().c_str());
  for (const char* device : {"cpu", "cuda"})
    if (plan.uses(device)) std::fprintf(stderr, "device   %s\n", devices.describe(device).c_str());
  const double share = static_cast<double>(pending) / static_cast<double>(plan.processes());
  const std::string text =
      describe_plan(plan, share * forecast().of(plan.cases, plan.repetitions)) +
      (share < 1 ? ", " + std::to_string(plan.processes() - pending) + " of " +
                       std::to_string(plan.processes()) + " processes already measured"
                 : "");
  std::fprintf(stderr, "run      %s   %s\n", folder.path().c_str(), text.c_str());
}

/// Where the run before ended, if it could not note that itself.
void print_former_end(const RunFolder& folder, const Manifest& before) {
  if (before.key.empty() || before.status != "running") return;
  const std::string unfinished = ProgressLog(folder.progress()).unfinished_case();
  std::fprintf(stderr, "resume   the run before was cut off%s\n",
               unfinished.empty() ? "" : reporters::one_line(" in " + unfinished).c_str());
}

void warn_of_busy_cpu(const Plan& plan, std::int64_t pending) {
  const std::string warning = pending > 0 && plan.uses("cpu") ? cpu_warning() : "";
  if (!warning.empty()) std::fprintf(stderr, "warning  %s\n", warning.c_str());
}

Manifest begin_manifest(const Options& options, const Plan& plan, const Identity& identity,
                        const Devices& devices) {
  Manifest manifest;
  manifest.argv = options.measuring.keep_host ? options.argv : without_folders(options.argv);
  manifest.suite = plan.suite;
  manifest.key = identity.run_key(plan);
  manifest.device = devices.describe(plan.cases.front().device);
  manifest.started_utc = utc_now();
  manifest.repetitions = plan.repetitions;
  for (const auto& one : plan.cases) manifest.cases.push_back(one.name());
  for (const auto& [key, value] : options.output.context) manifest.context[key] = value;
  return manifest;
}

/// Calls `body`; what the system refuses (a full disk) becomes a line that says what is safe.
template <class Body>
auto saying_what_is_safe(const RunFolder& folder, const Body& body) {
  try {
    return body();
  } catch (const std::system_error& error) {
    const auto safe = folder.read_records().records.size();
    throw UsageError(folder.path().string() + ": " + error.code().message() + "; " +
                     std::to_string(safe) + " finished cases are safe; then: " +
                     program_as_typed() + " --resume " + folder.path().string());
  }
}

/// Nothing was measured and every file is as it was left.
bool is_unchanged(const RunFolder& folder, const Manifest& before, std::int64_t pending) {
  return pending == 0 && before.status == "complete" && before.files == hash_files(folder);
}

reporters::Written report(const RunFolder& folder, const std::vector<reporters::Record>& records,
                          const Options& options, Manifest manifest, int interrupted_by) {
  auto written = write_run_reports(folder, records, options.output);
  manifest.status = interrupted_by ? "interrupted" : "complete";
  manifest.ended_utc = utc_now();
  manifest.count(records);
  ProgressLog(folder.progress()).run_ended(manifest.status);
  folder.remove_leftovers();  // of workers that were ended while they wrote
  manifest.files = hash_files(folder);
  write_manifest(folder, manifest);
  return written;
}

void print_interrupted(const RunFolder& folder, const RunResult& result, const Plan& plan) {
  std::fprintf(
      stderr, "interrupted: %zu of %lld processes are measured; go on: clipbench --resume %s\n",
      result.records.size(), static_cast<long long>(plan.processes()), folder.path().c_str());
}

int finish(const RunFolder& folder, const RunResult& result, const Options& options,
           const Plan& plan, const std::optional<reporters::Written>& written) {
  const auto records = folder.read_records().records;
  print_results(folder, records, options.output);
  write_results_file(folder, records, options.output);
  print_findings(result.records);
  print_closing_lines(folder, records, written);
  if (result.interrupted_by) {
    print_interrupted(folder, result, plan);
    return kSignalBase + result.interrupted_by;
  }
  folder.intact_records();  // says which one is broken, after everything else is reported
  return exit_code_of(result.records, options.run.strict);
}

int measure_and_report(Runner& runner, const RunFolder& folder, const Options& options,
                       const Plan& plan, const Manifest& manifest, bool unchanged) {
  if (!unchanged) {
    write_manifest(folder, manifest);
    ProgressLog(folder.progress()).run_started(manifest.key);
  }
  const RunResult result = runner.run();
  std::optional<reporters::Written> written;
  if (!unchanged)
    written =
        report(folder, folder.read_records().records, options, manifest, result.interrupted_by);
  return finish(folder, result, options, plan, written);
}

}  // namespace

int run_plan(const Options& options, const Plan& plan, const Devices& devices) {
  require_usable(plan, devices);
  const Identity identity(plan, devices);
  const RunFolder folder = choose_folder(options.run, identity.run_key(plan));
  folder.prepare();
  if (!plan.measuring.dump.empty()) prepare_dumps(plan.measuring.dump);
  const FolderLock lock(folder);
  folder.remove_leftovers();
  const Manifest before = read_manifest(folder);
  Runner runner(options, plan, devices, identity, folder, forecast());
  const std::int64_t pending = runner.pending();
  if (pending > 0 && plan.uses("cuda") && !options.run.allow_busy) devices.require_idle();
  print_heading(plan, devices, folder, pending);
  print_former_end(folder, before);
  warn_of_busy_cpu(plan, pending);
  folder.become_latest();
  return saying_what_is_safe(folder, [&] {
    return measure_and_report(runner, folder, options, plan,
                              begin_manifest(options, plan, identity, devices),
                              is_unchanged(folder, before, pending));
  });
}

int run_verb(const Options& typed) {
  const Options options = with_resumed_arguments(typed);
  const Devices devices(options.selection.device_index);
  const Plan plan = make_plan(options, devices.best());
  if (options.run.list_only) return print_names(plan);
  if (options.run.dry_run) return dry_run(plan);
  return run_plan(options, plan, devices);
}

}  // namespace clipbench::bench
