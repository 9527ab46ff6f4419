// How long a step takes, and its phases: device time on CUDA, the wall clock on CPU.
#pragma once

#include <c10/core/Device.h>

#include <memory>
#include <vector>

namespace clipbench::profiler {

struct StepDuration {
  double ms = 0;       ///< CUDA: between two events on the current stream; CPU: the wall clock
  double wall_ms = 0;  ///< around the whole, a final synchronise included
};

class StepTimer {
 public:
  static std::unique_ptr<StepTimer> make(c10::Device device);
  virtual ~StepTimer() = default;
  virtual void start() = 0;
  /// Waits for the device.
  virtual StepDuration stop() = 0;
};

/// Marks the boundaries of phases while a step runs; reads them afterwards, when nothing is
/// disturbed.
class PhaseTimer {
 public:
  static std::unique_ptr<PhaseTimer> make(c10::Device device);
  virtual ~PhaseTimer() = default;
  /// A phase begins here, and one that is open ends.
  virtual void begin() = 0;
  virtual void end() = 0;
  /// Waits for the device; milliseconds of each phase, in order. Empty on CPU, where the events'
  /// own times are as good. The timer is as new afterwards.
  virtual std::vector<double> take_ms() = 0;
};

}  // namespace clipbench::profiler
