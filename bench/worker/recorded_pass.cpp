#include "bench/worker/recorded_pass.h"

#include <algorithm>

#include <ATen/cuda/CUDAContext.h>

#include "bench/worker/sample_statistics.h"
#include "profiler/cupti_session.h"
#include "profiler/gpu_timer.h"
#include "profiler/law.h"

namespace clipbench::bench {
namespace {

using profiler::PeakReport;
using reporters::Record;

std::map<std::string, std::int64_t> by_name(const profiler::ComponentBytes& bytes) {
  std::map<std::string, std::int64_t> named;
  for (std::size_t k = 0; k < bytes.size(); ++k) named[profiler::kComponentNames[k]] = bytes[k];
  return named;
}

reporters::Timeline timeline_of(const PeakReport& report) {
  reporters::Timeline timeline;
  for (const auto& point : report.timeline) {
    timeline.t_ns.push_back(point.t_ns);
    timeline.allocated_bytes.push_back(point.allocated_bytes);
    for (const auto& [name, bytes] : by_name(point.components))
      timeline.components[name].push_back(bytes);
  }
  return timeline;
}

void fill_memory(const PeakReport& report, reporters::Memory& memory) {
  memory.peak_allocated_bytes = report.statistics.peak_allocated_bytes;
  memory.peak_phase = report.peak_phase;
  memory.peak_t_ns = report.peak_t_ns;
  memory.components_at_peak = by_name(report.components_at_peak);
  memory.residual_bytes = report.residual_bytes;
  for (const auto& block : report.largest_at_peak) {
    memory.largest_at_peak.push_back(
        {to_string(block.component), block.owner, block.requested_bytes});
  }
  memory.timeline = timeline_of(report);
}

profiler::ClosedForm closed_form(const Trainer& trainer) {
  profiler::ClosedForm form;
  const auto params = trainer.model().parameters();
  for (const auto& param : params)
    form.parameter_bytes += static_cast<std::int64_t>(param.nbytes());
  form.gradient_bytes = form.parameter_bytes;
  form.optimizer_state_bytes = optimizer_state_bytes(trainer.optimizer_name(), params);
  return form;
}

const profiler::ComponentBytes& components_at(const PeakReport& report,
                                              const std::string& snapshot) {
  const auto* found = report.find_snapshot(snapshot);
  TORCH_INTERNAL_ASSERT(found != nullptr, "no snapshot ", snapshot);
  return found->components;
}

std::vector<profiler::LawCheck> checks_of(const PeakReport& report, const Trainer& trainer,
                                          std::int64_t timed_peak_bytes) {
  auto checks = report.checks;
  for (auto& check : profiler::check_closed_form(closed_form(trainer),
                                                 components_at(report, "iter0_after_backward"),
                                                 components_at(report, "iter0_after_step"))) {
    checks.push_back(std::move(check));
  }
  checks.push_back(profiler::check_temporary(report.components_at_peak));
  checks.push_back(
      profiler::check_timed_pass(timed_peak_bytes, report.statistics.peak_allocated_bytes));
  return checks;
}

std::string first_failure(const PeakReport& report, const std::vector<profiler::LawCheck>& checks) {
  if (!report.faults.empty()) return report.faults.front();
  for (const auto& check : checks) {
    if (!check.holds) {
      return "the account does not close: " + check.name + ", expected " +
             std::to_string(check.expected) + ", found " + std::to_string(check.actual) + " bytes";
    }
  }
  return "";
}

void mark_invalid(Record& record, const std::string& reason) {
  record.status = reporters::Status::invalid;
  record.reason = reason;
}

PeakReport run_recorded(Trainer& trainer, const WorkerOptions& options,
                        profiler::Recorder& recorder, Record& record) {
  const auto timer = profiler::StepTimer::make(trainer.device());
  std::vector<double> step_ms;
  recorder.start();
  trainer.claim_persistent();
  for (std::int64_t i = 0; i < options.recorded_iterations; ++i) {
    recorder.begin_iteration(i);
    timer->start();
    trainer.step();
    step_ms.push_back(timer->stop().ms);
    trainer.next_batch();
  }
  record.time.recorded_step_ms = median(step_ms);
  return recorder.stop();
}

constexpr std::size_t kListedKernels = 40;

}  // namespace

void list_kernels(Trainer& trainer, profiler::Recorder& recorder, Record& record) {
  if (!trainer.device().is_cuda()) return;
  recorder.start();
  recorder.begin_iteration(0);
  const auto session = profiler::CuptiSession::start();
  trainer.step();
  at::cuda::device_synchronize();
  const auto activity = session->stop();
  recorder.stop();
  const auto rows =
      profiler::kernel_table(activity, profiler::phase_spans(recorder.last_recording().events));
  for (std::size_t k = 0; k < std::min(rows.size(), kListedKernels); ++k) {
    record.kernels.push_back({rows[k].name, rows[k].phase, rows[k].calls, rows[k].ms});
  }
  if (!activity.faults.empty()) mark_invalid(record, activity.faults.front());
}

void record_steps(Trainer& trainer, const WorkerOptions& options, profiler::Recorder& recorder,
                  Record& record) {
  const auto report = run_recorded(trainer, options, recorder, record);
  fill_memory(report, record.memory);
  for (const auto& phase : report.phases) {
    record.phases.push_back({phase.name, phase.ms, phase.peak_allocated_bytes});
  }
  for (const auto& row : recorder.snapshots()) {
    record.snapshots.push_back({row.name, row.allocated_bytes, row.reserved_bytes, row.t_ns});
  }
  const auto checks = checks_of(report, trainer, record.memory.timed_pass_peak_allocated_bytes);
  for (const auto& check : checks)
    record.checks.push_back({check.name, check.holds, check.expected, check.actual});
  const auto failure = first_failure(report, checks);
  if (!failure.empty()) mark_invalid(record, failure);
}

}  // namespace clipbench::bench
