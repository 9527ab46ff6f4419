#include "bench/worker/measure.h"

#include <chrono>
#include <new>

#include <c10/core/Allocator.h>
#include <c10/util/Exception.h>

#include "bench/cases/case.h"
#include "bench/worker/dump.h"
#include "bench/worker/environment.h"
#include "bench/worker/host_heap.h"
#include "bench/worker/out_of_memory.h"
#include "bench/worker/progress.h"
#include "bench/worker/recorded_pass.h"
#include "bench/worker/timed_pass.h"
#include "bench/worker/verification.h"
#include "profiler/driver_memory.h"
#include "profiler/observe.h"

namespace clipbench::bench {
namespace {

using reporters::Record;
using reporters::Status;

reporters::Config config_of(const Case& c, const WorkerOptions& options) {
  const auto& model = find_model(c.model);
  const auto& method = find_method(c.method);
  reporters::Config config;
  config.model = c.model;
  config.method = c.method;
  config.dtype = c.dtype;
  config.device = c.device;
  config.seq = c.seq;
  config.batch = c.batch;
  config.knobs = c.knobs;
  if (method.is_private()) {
    config.norm_way = to_string(method.norm_way);
    config.clip = c.knob("clip");
    config.clip_norm = std::stod(c.knob("clip_norm"));
    config.noise_multiplier = std::stod(c.knob("noise_multiplier"));
  }
  config.schedule = to_string(method.schedule);
  config.optimizer = c.knob("optimizer");
  config.learning_rate = OptimizerOptions{}.learning_rate;
  config.seed = std::stoll(c.knob("seed"));
  config.deterministic = c.knob("deterministic") == "1";
  config.data =
      options.data.empty() ? "zipf" : options.data.substr(options.data.find_last_of('/') + 1);
  config.parameters = model.parameters(c.seq, c.knob("head") == "tied");
  config.layers = model.layers;
  config.width = model.width;
  config.heads = model.heads;
  config.vocabulary = model.vocabulary;
  return config;
}

/// Names the stretches of a process and keeps their seconds.
class Stopwatch {
 public:
  Stopwatch(Progress& progress, reporters::Seconds& seconds)
      : progress_(progress), seconds_(seconds) {}
  void begin(const char* stage) {
    end();
    stage_ = stage;
    start_ = std::chrono::steady_clock::now();
    progress_.stage(stage);
  }
  void end() {
    if (stage_.empty()) return;
    seconds_[stage_] +=
        std::chrono::duration<double>(std::chrono::steady_clock::now() - start_).count();
    stage_.clear();
  }
  const std::string& stage() const { return stage_; }

 private:
  Progress& progress_;
  reporters::Seconds& seconds_;
  std::string stage_;
  std::chrono::steady_clock::time_point start_;
};

/// A time that cannot be trusted is no time.
void discard_times(Record& record) { record.time = {}; }

void judge(const reporters::Verification& verification, Record& record) {
  record.verification = verification;
  if (verification.detail.empty()) return;
  record.status = Status::incorrect;
  record.reason = verification.detail + "; no time reported";
  discard_times(record);
}

/// After the measurement, so that nothing of it is in the pool that was measured; with the very
/// schedule that was timed.
void dump_and_verify(Trainer& trainer, const Case& c, const WorkerOptions& options,
                     Stopwatch& watch, Record& record) {
  auto& schedule = trainer.schedule();
  const auto timed_path = schedule.path();
  trainer.drop_optimizer();
  TimedCheck timed;
  if (options.verify) {
    watch.begin("verification");
    timed = check_timed(trainer, c, timed_path);
  }
  trainer.drop_model();
  if (!options.dump.empty()) {
    watch.begin("dump");
    dump_first_step(schedule, c, options);
  }
  if (!options.verify) return;
  watch.begin("verification");
  schedule.set_physical_batch(0);
  judge(verify(schedule, c, timed_path, std::move(timed)), record);
}

void measure_steps(Trainer& trainer, const WorkerOptions& options, profiler::Recorder& recorder,
                   Progress& progress, Stopwatch& watch, Record& record) {
  watch.begin("warmup");
  warm_up(trainer, options, recorder, record);
  profiler::reset_peak_rss();
  watch.begin("timing");
  time_steps(trainer, options, recorder, progress, record);
  watch.begin("recording");
  record_steps(trainer, options, recorder, record);
  record.memory.process_bytes = process_bytes(trainer.device(), record.memory.peak_allocated_bytes,
                                              record.memory.peak_reserved_bytes);
}

void run_case(const Case& c, const WorkerOptions& options, Progress& progress, Stopwatch& watch,
              profiler::Recorder& recorder, Record& record) {
  watch.begin("setup");
  if (const auto reason = unsupported(c); !reason.empty()) {
    record.status = Status::unsupported;
    record.reason = reason;
    return;
  }
  if (options.verify_only) {
    watch.begin("verification");
    judge(verify(*schedule_of(c), c), record);
    return;
  }
  Trainer trainer(c, options, recorder);
  measure_steps(trainer, options, recorder, progress, watch, record);
  list_kernels(trainer, recorder, record);
  dump_and_verify(trainer, c, options, watch, record);
}

void note_out_of_memory(const std::string& message, const std::string& stage,
                        std::int64_t peak_bytes, Record& record) {
  const std::string phase = profiler::current_phase();
  record.status = Status::oom;
  record.memory.peak_phase = phase;
  record.memory.peak_allocated_bytes = peak_bytes;
  record.reason = describe_out_of_memory(message, phase.empty() ? stage : phase, peak_bytes);
  discard_times(record);
}

}  // namespace

Record measure(const WorkerOptions& options) {
  const auto start = std::chrono::steady_clock::now();
  const auto c = parse_case(options.case_name);
  check(c);
  Record record;
  record.case_name = c.name();
  record.repetition = options.repetition;
  record.key = options.key;
  record.config = config_of(c, options);

  Progress progress;
  Stopwatch watch(progress, record.seconds);
  watch.begin("start");
  apply_settings(c, options);
  const auto recorder = profiler::Recorder::make(device_of(c));
  record.environment = describe_environment(device_of(c), options);
  if (device_of(c).is_cpu()) record.environment.allocator_settings = keep_freed_host_memory();
  try {
    run_case(c, options, progress, watch, *recorder, record);
  } catch (const c10::OutOfMemoryError& error) {
    note_out_of_memory(error.what_without_backtrace(), watch.stage(),
                       recorder->peak_allocated_bytes(), record);
  } catch (const c10::Error& error) {
    const std::string what = error.what_without_backtrace();
    if (!is_out_of_memory(what)) throw;
    note_out_of_memory(what, watch.stage(), recorder->peak_allocated_bytes(), record);
  } catch (const std::bad_alloc&) {
    note_out_of_memory("memory of the host", watch.stage(), recorder->peak_allocated_bytes(),
                       record);
  }
  watch.end();
  record.seconds["total"] =
      std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  return record;
}

}  // namespace clipbench::bench
