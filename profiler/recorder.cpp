#include "profiler/recorder.h"

#include <c10/util/Exception.h>

#include <utility>

#include "profiler/clock.h"
#include "profiler/cpu_allocator_source.h"
#include "profiler/cuda_allocator_source.h"

namespace clipbench::profiler {
namespace {

constexpr std::size_t kSnapshotRoom = 4096;

std::unique_ptr<AllocatorSource> make_source(c10::Device device) {
  return device.is_cuda() ? make_cuda_allocator_source(device) : make_cpu_allocator_source();
}

Event mark_of(Event::Kind kind, std::string_view name, std::int64_t index) {
  Event event;
  event.kind = kind;
  event.name = name;
  event.index = index;
  return event;
}

}  // namespace

std::unique_ptr<Recorder> Recorder::make(c10::Device device) {
  return std::unique_ptr<Recorder>(new Recorder(device, make_source(device)));
}

Recorder::Recorder(c10::Device device, std::unique_ptr<AllocatorSource> source)
    : device_(device), source_(std::move(source)), phase_timer_(PhaseTimer::make(device)) {
  snapshots_.reserve(kSnapshotRoom);
}

/// An exception came between start and stop: nobody may speak to us or write into our log any more.
Recorder::~Recorder() {
  if (!recording_) return;
  set_observer(nullptr);
  source_->detach();
}

void Recorder::take_snapshot(std::string name) {
  const auto row = static_cast<std::int64_t>(snapshots_.size());
  const AllocatorStatistics now = recording_
                                      ? source_->mark(log_, mark_of(Event::Kind::snapshot, {}, row))
                                      : source_->statistics();
  snapshots_.push_back(
      {std::move(name), now.allocated_bytes, now.requested_bytes, now.reserved_bytes, now_ns()});
}

void Recorder::start() {
  TORCH_CHECK(!recording_, "a recording is running already");
  log_.clear();
  iteration_ = 0;
  last_recording_ = {};
  last_recording_.seed = source_->attach(log_);
  source_->reset_peak();
  source_->claim_workspaces(log_);
  recording_ = true;
  set_observer(this);
}

void Recorder::begin_iteration(std::int64_t i) {
  TORCH_CHECK(recording_, "begin_iteration outside a recording");
  iteration_ = i;
  log_.append(mark_of(Event::Kind::iteration, {}, i));
}

PeakReport Recorder::stop() {
  TORCH_CHECK(recording_, "no recording is running");
  on_end_phase();
  source_->claim_workspaces(log_);
  set_observer(nullptr);
  last_recording_.statistics = source_->detach();
  recording_ = false;
  last_recording_.events = log_.take();
  last_recording_.snapshots = snapshots_;
  last_recording_.phase_device_ms = phase_timer_->take_ms();
  return analyse(last_recording_);
}

void Recorder::on_claim(const void* storage, c10::Device device, Component component,
                        std::string_view owner, Since since) {
  if (device.type() != device_.type()) return;
  Event event = mark_of(Event::Kind::claim, owner, 0);
  event.address = reinterpret_cast<std::uintptr_t>(storage);
  event.component = component;
  event.since = since;
  log_.append(event);
}

void Recorder::on_phase(const char* name) {
  log_.append(mark_of(Event::Kind::phase, name, 0));
  phase_timer_->begin();
}

void Recorder::on_end_phase() {
  log_.append(mark_of(Event::Kind::end_phase, {}, 0));
  phase_timer_->end();
}

void Recorder::on_snapshot(const char* name) {
  take_snapshot("iter" + std::to_string(iteration_) + "_" + name);
}

}  // namespace clipbench::profiler
