#include "reporters/step_timeline.h"

#include <algorithm>
#include <cmath>

namespace clipbench::reporters {
namespace {

/// The host's length where the device's is not known.
double device_ms(const HostPhase& phase) {
  return std::isfinite(phase.ms) && phase.ms > 0 ? phase.ms : phase.end_ms - phase.begin_ms;
}

StepAxis host_axis(std::vector<double> host_ms, const std::vector<HostPhase>& phases) {
  StepAxis axis{std::move(host_ms), {}};
  for (const HostPhase& p : phases) axis.phases.push_back({p.name, p.begin_ms, p.end_ms});
  return axis;
}

}  // namespace

DeviceClock::DeviceClock(const std::vector<HostPhase>& phases) : knots_{{0, 0}} {
  double at = phases.empty() ? 0 : phases.front().begin_ms;
  for (const HostPhase& p : phases) {
    knots_.push_back({p.begin_ms, at});
    const double end = at + device_ms(p);
    knots_.push_back({p.end_ms, end});
    phases_.push_back({p.name, at, end});
    at = end;
  }
}

double DeviceClock::at(double host_ms) const {
  const auto after = std::find_if(knots_.begin(), knots_.end(),
                                  [&](const Knot& k) { return k.host_ms > host_ms; });
  if (after == knots_.begin()) return host_ms;
  const Knot& from = *(after - 1);
  if (after == knots_.end()) return from.device_ms;
  const double share = (host_ms - from.host_ms) / (after->host_ms - from.host_ms);
  return from.device_ms + share * (after->device_ms - from.device_ms);
}

std::int64_t component_bytes(const Timeline& timeline, const std::string& component,
                             std::size_t point) {
  const auto found = timeline.components.find(component);
  const bool there = found != timeline.components.end() && point < found->second.size();
  return there ? found->second[point] : 0;
}

std::ptrdiff_t highest_point(const Timeline& timeline) {
  const auto& bytes = timeline.allocated_bytes;
  if (bytes.empty() || bytes.size() != timeline.t_ns.size()) return -1;
  return std::max_element(bytes.begin(), bytes.end()) - bytes.begin();
}

bool has_device_clock(const Record& record) { return record.config.device.rfind("cuda", 0) == 0; }

StepAxis step_axis(const Record& record) {
  const Timeline& timeline = record.memory.timeline;
  std::vector<double> host_ms;
  for (const std::int64_t t : timeline.t_ns) host_ms.push_back(since_begin_ms(timeline, t));
  const std::vector<HostPhase> phases = host_phases(record);
  if (!has_device_clock(record) || phases.empty()) return host_axis(std::move(host_ms), phases);
  const DeviceClock clock(phases);
  for (double& ms : host_ms) ms = clock.at(ms);
  return {std::move(host_ms), clock.phases()};
}

}  // namespace clipbench::reporters
