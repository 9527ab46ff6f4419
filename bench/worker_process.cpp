#include "bench/worker_process.h"

#include <algorithm>
#include <csignal>
#include <filesystem>
#include <nlohmann/json.hpp>

#include "bench/exit_code.h"
#include "bench/failed_record.h"
#include "bench/host.h"
#include "bench/process.h"
#include "bench/signals.h"
#include "bench/worker_environment.h"
#include "reporters/record_io.h"

namespace clipbench::bench {
namespace {

using nlohmann::json;
using reporters::Record;
using reporters::Status;

constexpr double kMostSteps = 1e9;  ///< more is nonsense, and might not fit an integer

ProcessRequest process_request(const WorkerRequest& request, Stage& last_stage) {
  ProcessRequest process;
  process.argv = request.options.to_argv();
  process.argv.insert(process.argv.begin(), request.program.string());
  process.environment = worker_environment(request.measured, request.visible_devices);
  process.timeout_seconds = request.timeout_seconds;
  process.show_stderr = request.show_stderr;
  process.stop_requested = interrupting_signal;
  process.on_tick = request.on_tick;
  process.on_line = [&](const std::string& line) {
    const auto stage = parse_stage(line);
    if (!stage) return;
    last_stage = *stage;
    if (request.on_stage) request.on_stage(*stage);
  };
  return process;
}

/// Why no record is to be expected; nothing for a process that ended well.
std::optional<Failure> failure_of(const ProcessResult& result, const WorkerRequest& request,
                                  bool out_of_memory) {
  if (result.timed_out) return timed_out(request.timeout_seconds);
  if (result.signal == SIGKILL && out_of_memory)
    return Failure{Status::oom, "killed by the kernel for want of host memory"};
  if (result.signal) return crashed_by(result.signal);
  if (result.exit_code != 0)
    return Failure{Status::crashed, "exit code " + std::to_string(result.exit_code)};
  return std::nullopt;
}

/// The worker's record, or throws RecordError saying what is wrong with it.
Record checked_record(const WorkerOptions& options) {
  if (!std::filesystem::exists(options.record))
    throw reporters::RecordError("the worker ended without a record");
  Record record = reporters::read_record(options.record);
  if (record.case_name != options.case_name)
    throw reporters::RecordError("the worker's record is that of " + record.case_name);
  return record;
}

Record record_of(const WorkerRequest& request, const ProcessResult& result, const Stage& last_stage,
                 bool out_of_memory) {
  auto failure = failure_of(result, request, out_of_memory);
  if (!failure) {
    try {
      return checked_record(request.options);
    } catch (const reporters::RecordError& error) {
      failure = Failure{Status::invalid, error.what()};
    }
  }
  return failed_record(request.measured, *failure, last_stage.name, result.stderr_tail);
}

}  // namespace

std::optional<Stage> parse_stage(const std::string& line) {
  const json object = json::parse(line, nullptr, false);
  if (!object.is_object() || !object.contains("stage") || !object["stage"].is_string())
    return std::nullopt;
  Stage stage;
  stage.name = object["stage"].get<std::string>();
  const auto number = [&](const char* key) {
    return object.contains(key) && object[key].is_number() ? object[key].get<double>() : 0.0;
  };
  const auto count = [&](const char* key) {
    return static_cast<std::int64_t>(std::clamp(number(key), 0.0, kMostSteps));
  };
  stage.done = count("done");
  stage.of = count("of");
  if (object.contains("half_width")) stage.half_width = number("half_width");
  return stage;
}

WorkerOutcome run_worker(const WorkerRequest& request) {
  std::filesystem::remove(request.options.record);
  const std::int64_t kills_before = count_oom_kills();
  Stage last_stage;
  const ProcessResult result = run_process(process_request(request, last_stage));
  if (!result.start_error.empty()) throw NotUsable(result.start_error);
  WorkerOutcome outcome;
  outcome.seconds = result.seconds;
  outcome.interrupted = result.stopped;
  if (result.stopped) {
    std::filesystem::remove(request.options.record);
    return outcome;
  }
  const bool out_of_memory = count_oom_kills() > kills_before;
  outcome.record = record_of(request, result, last_stage, out_of_memory);
  outcome.record.key = request.options.key;
  outcome.record.repetition = request.options.repetition;
  return outcome;
}

}  // namespace clipbench::bench
