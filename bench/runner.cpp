#include "bench/runner.h"

#include <unistd.h>

#include <algorithm>

#include "bench/dump_folder.h"
#include "bench/file_path.h"
#include "bench/gpu_watch.h"
#include "bench/signals.h"
#include "reporters/case_summary.h"
#include "reporters/record_io.h"

namespace clipbench::bench {
namespace {

using reporters::Record;
using reporters::Status;

/// Findings may have passing causes and are measured again, as is an OOM on a GPU that others
/// filled; results are kept.
bool is_result(const Record& record) {
  if (record.status == Status::oom) return record.environment.other_gpu_processes_bytes.empty();
  return record.status == Status::ok || record.status == Status::unsupported;
}

/// An OOM says how much of the GPU was not ours to use.
void note_crowded_gpu(std::int64_t others_bytes, Record& record) {
  if (record.status != Status::oom || others_bytes < kIdleGpuBytes) return;
  auto& noted = record.environment.other_gpu_processes_bytes;
  if (noted.empty()) noted.push_back(others_bytes);
  record.reason = record.reason.value_or("out of memory") + "; other processes held " +
                  std::to_string(others_bytes >> 20) + " MiB of the GPU";
}

FixtureResult fixture_result(const Record& record) {
  if (record.status != Status::ok) return {0, reporters::describe_status(record)};
  return {record.time.step_ms.median / 1000, ""};
}

}  // namespace

Runner::Runner(const Options& options, const Plan& plan, const Devices& devices,
               const Identity& identity, const RunFolder& folder, Forecast forecast)
    : options_(options),
      plan_(plan),
      devices_(devices),
      identity_(identity),
      folder_(folder),
      log_(folder.progress()),
      forecast_(std::move(forecast)),
      console_(isatty(STDERR_FILENO) && options.output.verbosity == 0, plan.processes(),
               [this] { return seconds_left(); }),
      worker_(worker_binary()) {
  StoredRecords stored = folder_.read_records();
  for (const auto& line : stored.broken)
    console_.warn(line + "; measured again if this run has the case");
  for (auto& record : stored.records) by_key_[record.key] = std::move(record);
}

std::int64_t Runner::pending() const {
  std::int64_t count = 0;
  for (const auto& one : plan_.cases)
    for (std::int64_t i = 0; i < plan_.repetitions; ++i)
      count += finished(one, identity_.key(one, i)) == nullptr;
  return count;
}

RunResult Runner::run() {
  std::vector<Fixture> fixtures;
  for (const auto& one : plan_.cases)
    fixtures.push_back(
        {one.name(), [this, &one](std::int64_t repetition) { return run_case(one, repetition); }});
  // One process a case keeps the order of the plan: vanilla first.
  const bool interleave = options_.run.interleave && plan_.repetitions > 1;
  run_fixtures(fixtures, {plan_.repetitions, interleave});
  console_.clear();
  if (failure_) std::rethrow_exception(failure_);
  for (const auto& one : plan_.cases)
    for (std::int64_t i = 0; i < plan_.repetitions; ++i)
      if (const auto found = by_key_.find(identity_.key(one, i)); found != by_key_.end())
        result_.records.push_back(found->second);
  result_.interrupted_by = interrupting_signal();
  return std::move(result_);
}

/// Called by the library, which expects no exceptions: they wait in failure_ until it has returned.
FixtureResult Runner::run_case(const Case& measured, std::int64_t repetition) {
  if (failure_ || interrupting_signal()) return {0, "not run"};
  ++begun_;
  try {
    const std::string key = identity_.key(measured, repetition);
    if (const Record* record = finished(measured, key)) {
      ++result_.reused;
      console_.case_reused(record->case_name);
      return fixture_result(*record);
    }
    return fixture_result(measure(measured, repetition, key));
  } catch (...) {
    failure_ = std::current_exception();
    return {0, "the run was stopped"};
  }
}

const Record* Runner::finished(const Case& measured, const std::string& key) const {
  const auto found = by_key_.find(key);
  if (found == by_key_.end() || !is_result(found->second)) return nullptr;
  const bool lacks_dump = found->second.status == Status::ok && !plan_.measuring.dump.empty() &&
                          !holds_dump(dump_of(measured));
  return lacks_dump ? nullptr : &found->second;
}

std::string Runner::dump_of(const Case& measured) const {
  const auto& dumps = plan_.measuring.dump;
  return dumps.empty() ? "" : dump_folder(dumps, measured.name()).string();
}

WorkerRequest Runner::request_for(const Case& measured, std::int64_t repetition,
                                  const std::string& key) const {
  WorkerRequest request;
  request.program = worker_;
  request.measured = measured;
  request.options = plan_.measuring;
  request.options.case_name = measured.name();
  request.options.repetition = repetition;
  request.options.key = key;
  request.options.record = folder_.record_path(measured.name(), repetition);
  request.options.dump = dump_of(measured);
  request.options.argv =
      options_.measuring.keep_host ? options_.argv : without_folders(options_.argv);
  request.timeout_seconds = options_.run.timeout_seconds;
  request.visible_devices = options_.selection.device_index ? devices_.visible_devices() : "";
  request.show_stderr = options_.output.verbosity > 0;
  return request;
}

Record Runner::measure(const Case& measured, std::int64_t repetition, const std::string& key) {
  folder_.require_room();  // a worker could not leave what it measured
  log_.case_started(measured.name(), repetition);
  console_.case_started(measured.name());
  WorkerRequest request = request_for(measured, repetition, key);
  const WorkerOutcome outcome =
      measured.device == "cuda" ? run_watched(std::move(request)) : run_shown(std::move(request));
  if (!outcome.interrupted) keep(outcome.record, outcome.seconds);
  return outcome.record;
}

WorkerOutcome Runner::run_shown(WorkerRequest request) {
  request.on_stage = [this](const Stage& stage) { console_.stage(stage); };
  request.on_tick = [this] { console_.tick(); };
  return run_worker(request);
}

WorkerOutcome Runner::run_watched(WorkerRequest request) {
  const std::int64_t used_before = devices_.gpu_memory().used_bytes;
  GpuWatch watch(devices_);
  std::string stage_name;
  request.on_stage = [&](const Stage& stage) {
    stage_name = stage.name;
    console_.stage(stage);
  };
  request.on_tick = [&] {
    watch.sample(stage_name);
    console_.tick();
  };
  WorkerOutcome outcome = run_worker(request);
  watch.describe(outcome.record.environment);
  const std::int64_t kept_from_us = devices_.wait_until_free(used_before);
  note_crowded_gpu(used_before + kept_from_us, outcome.record);
  if (kept_from_us > 0)
    console_.warn("the GPU's memory is not back to what it was before " + request.measured.name());
  return outcome;
}

void Runner::keep(Record record, double seconds) {
  record.seconds["process"] = seconds;
  reporters::write_record(folder_.record_path(record.case_name, record.repetition), record);
  log_.case_finished(record, seconds);
  console_.case_finished(record, seconds);
  forecast_.learn(record.case_name, seconds);
  ++result_.measured;
  by_key_[record.key] = std::move(record);
}

double Runner::seconds_left() const {
  const double all = forecast_.of(plan_.cases, plan_.repetitions);
  return all * static_cast<double>(plan_.processes() - begun_) /
         static_cast<double>(std::max<std::int64_t>(plan_.processes(), 1));
}

}  // namespace clipbench::bench
