// The profiler's front: statistics and snapshots at any time, and a recording that becomes a
// PeakReport.
#pragma once

#include <c10/core/Device.h>

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "profiler/allocator_source.h"
#include "profiler/event_log.h"
#include "profiler/gpu_timer.h"
#include "profiler/observer.h"
#include "profiler/peak_report.h"
#include "profiler/recording.h"

namespace clipbench::profiler {

/// One a process and device. All members are called on the thread that trains. Order of a
/// measurement: reset_peak, timed pass, read the peaks; start, claim what persists,
/// begin_iteration(0), a step, …, stop.
class Recorder final : private Observer {
 public:
  /// CPU: install_cpu_allocator() must have been called at program start. CUDA: see
  /// make_cuda_allocator_source(). Throws c10::Error.
  static std::unique_ptr<Recorder> make(c10::Device device);
  ~Recorder() override;

  /// The allocator's own numbers; "peak" is since the last reset_peak() or start().
  std::int64_t allocated_bytes() const { return source_->statistics().allocated_bytes; }
  std::int64_t peak_allocated_bytes() const { return source_->statistics().peak_allocated_bytes; }
  std::int64_t requested_bytes() const { return source_->statistics().requested_bytes; }
  std::int64_t peak_requested_bytes() const { return source_->statistics().peak_requested_bytes; }
  std::optional<std::int64_t> reserved_bytes() const {
    return source_->statistics().reserved_bytes;
  }
  std::optional<std::int64_t> peak_reserved_bytes() const {
    return source_->statistics().peak_reserved_bytes;
  }
  void reset_peak() { source_->reset_peak(); }

  /// Any time, also outside a recording; ≤ 2 µs. The name is taken as it is.
  void take_snapshot(std::string name);
  /// All that were ever taken, in order, those from observe.h included.
  const std::vector<SnapshotRow>& snapshots() const { return snapshots_; }

  /// Resets the peaks and listens to every allocation and to observe.h, until stop().
  void start();
  /// From here on snapshot("x") of observe.h is named iter{i}_x.
  void begin_iteration(std::int64_t i);
  /// Stops listening, replays, classifies and checks.
  PeakReport stop();
  bool recording() const { return recording_; }

  /// The events of the last recording, after stop().
  const Recording& last_recording() const { return last_recording_; }

 private:
  Recorder(c10::Device device, std::unique_ptr<AllocatorSource> source);

  void on_claim(const void* storage, c10::Device device, Component component,
                std::string_view owner, Since since) override;
  void on_phase(const char* name) override;
  void on_end_phase() override;
  void on_snapshot(const char* name) override;

  c10::Device device_;
  std::unique_ptr<AllocatorSource> source_;
  std::unique_ptr<PhaseTimer> phase_timer_;
  EventLog log_;
  std::vector<SnapshotRow> snapshots_;
  bool recording_ = false;
  std::int64_t iteration_ = 0;
  Recording last_recording_;
};

}  // namespace clipbench::profiler
