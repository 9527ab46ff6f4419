#include "bench/worker/timed_pass.h"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <numeric>

#include "bench/worker/sample_statistics.h"
#include "profiler/gpu_timer.h"

namespace clipbench::bench {
namespace {

constexpr std::int64_t kMostWarmupSteps = 20;
constexpr double kMostWarmupSeconds = 20;
constexpr double kStepTimeSettled = 0.05;

using Clock = std::chrono::steady_clock;

double seconds_since(Clock::time_point start) {
  return std::chrono::duration<double>(Clock::now() - start).count();
}

/// Ready once two steps made no device allocation and took about as long as each other.
class WarmupState {
 public:
  void add(double ms, std::optional<std::int64_t> reserved_bytes) {
    const bool calm =
        reserved_bytes == reserved_ && std::abs(ms - last_ms_) <= kStepTimeSettled * ms;
    calm_steps_ = calm ? calm_steps_ + 1 : 0;
    reserved_ = reserved_bytes;
    last_ms_ = ms;
  }
  bool calm() const { return calm_steps_ >= 2; }

 private:
  std::optional<std::int64_t> reserved_;
  double last_ms_ = 0;
  int calm_steps_ = 0;
};

bool warm(const WarmupState& state, std::int64_t steps, double seconds,
          const WorkerOptions& options) {
  if (steps < options.min_warmup_steps || seconds < options.min_warmup_seconds) return false;
  return state.calm() || steps >= kMostWarmupSteps || seconds >= kMostWarmupSeconds ||
         options.fixed_steps > 0;
}

reporters::StepTime step_time(const std::vector<double>& samples) {
  reporters::StepTime out;
  out.median = median(samples);
  out.min = *std::min_element(samples.begin(), samples.end());
  out.mean =
      std::accumulate(samples.begin(), samples.end(), 0.0) / static_cast<double>(samples.size());
  out.ci95 = bootstrap_median_ci95(samples);
  return out;
}

void summarise(const SamplingState& state, const WorkerOptions& options,
               reporters::Record& record) {
  auto& time = record.time;
  time.samples_ms = state.samples_ms;
  time.step_ms = step_time(state.samples_ms);
  time.settled = settled(state, options);
  time.samples_per_s = static_cast<double>(record.config.batch) / time.step_ms.median * 1e3;
  time.tokens_per_s = time.samples_per_s * static_cast<double>(record.config.seq);
}

}  // namespace

void warm_up(Trainer& trainer, const WorkerOptions& options, profiler::Recorder& recorder,
             reporters::Record& record) {
  const auto timer = profiler::StepTimer::make(trainer.device());
  const auto start = Clock::now();
  WarmupState state;
  std::int64_t steps = 0;
  do {
    recorder.reset_peak();
    timer->start();
    const auto losses = trainer.step();
    const auto ms = timer->stop().wall_ms;
    if (steps == 0) {
      record.time.first_step_ms = ms;
      record.memory.first_step_peak_allocated_bytes = recorder.peak_allocated_bytes();
    }
    record.time.losses.push_back(losses.mean(at::kDouble).item<double>());
    state.add(ms, recorder.reserved_bytes());
    trainer.next_batch();
    ++steps;
  } while (!warm(state, steps, seconds_since(start), options));
  record.time.warmup_steps = steps;
  recorder.take_snapshot("after_warmup");
}

void time_steps(Trainer& trainer, const WorkerOptions& options, profiler::Recorder& recorder,
                Progress& progress, reporters::Record& record) {
  const auto timer = profiler::StepTimer::make(trainer.device());
  const auto start = Clock::now();
  SamplingState state;
  recorder.reset_peak();
  while (!stop_sampling(state, options)) {
    timer->start();
    trainer.step();
    state.samples_ms.push_back(timer->stop().ms);
    state.seconds = seconds_since(start);
    if (static_cast<std::int64_t>(state.samples_ms.size()) <= kPeakWindowSteps) {
      record.memory.timed_pass_peak_allocated_bytes = recorder.peak_allocated_bytes();
      record.memory.peak_reserved_bytes = recorder.peak_reserved_bytes();
    }
    trainer.next_batch();
    if (state.samples_ms.size() > 1) {
      progress.timing(static_cast<std::int64_t>(state.samples_ms.size()),
                      needed_samples(state, options), relative_half_width(state.samples_ms));
    }
  }
  summarise(state, options, record);
}

}  // namespace clipbench::bench
