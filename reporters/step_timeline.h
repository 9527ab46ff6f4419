// The recorded step on one time axis: where its points, its phases and its peak are. Shared by
// trace and figures. Pure.
//
// Points carry the host's clock. On a GPU the host runs far ahead of the device, so there the axis
// is the device's: each phase is as wide as its device time, and a point lies as far into its phase
// as its allocation did on the host. On a CPU the two clocks are one and nothing is moved.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "reporters/host_phases.h"
#include "reporters/record.h"

namespace clipbench::reporters {

struct PhaseSpan {
  std::string name;
  double begin_ms = 0, end_ms = 0;
};

struct StepAxis {
  std::vector<double> point_ms;   ///< of each point of the timeline; the first is at 0
  std::vector<PhaseSpan> phases;  ///< in order
  double end_ms() const { return point_ms.empty() ? 0 : point_ms.back(); }
};

/// Empty without a timeline.
StepAxis step_axis(const Record& record);

/// Whether the record's phases are timed by a clock other than its points'.
bool has_device_clock(const Record& record);

/// From the host's clock to the device's: linear within each phase, continuous, never decreasing.
/// Before the first phase the device waits for the host, so both run alike; between phases and
/// behind the last one the device's stands still.
class DeviceClock {
 public:
  explicit DeviceClock(const std::vector<HostPhase>& phases);
  double at(double host_ms) const;
  const std::vector<PhaseSpan>& phases() const { return phases_; }

 private:
  struct Knot {
    double host_ms, device_ms;
  };
  std::vector<Knot> knots_;
  std::vector<PhaseSpan> phases_;
};

/// The timeline's highest point; -1 without a timeline.
std::ptrdiff_t highest_point(const Timeline& timeline);

/// A component's bytes at a point; 0 where the record has none.
std::int64_t component_bytes(const Timeline& timeline, const std::string& component,
                             std::size_t point);

}  // namespace clipbench::reporters
