#include "reporters/step_timeline.h"

#include <algorithm>
#include <cmath>

namespace clipbench::reporters {

double time_ms(const Timeline& timeline, std::size_t point) {
  return static_cast<double>(timeline.t_ns[point] - timeline.t_ns[0]) * 1e-6;
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

std::vector<PhaseSpan> phase_spans(const Record& record) {
  std::vector<PhaseSpan> spans;
  const Timeline& timeline = record.memory.timeline;
  if (timeline.t_ns.empty()) return spans;
  double sum = 0;
  for (const Phase& p : record.phases) sum += std::isfinite(p.ms) ? p.ms : 0;
  const double length = time_ms(timeline, timeline.t_ns.size() - 1);
  const double scale = sum > 0 ? length / sum : 0;
  double at = 0;
  for (const Phase& p : record.phases) {
    const double end = at + scale * (std::isfinite(p.ms) ? p.ms : 0);
    spans.push_back({p.name, at, end});
    at = end;
  }
  return spans;
}

}  // namespace clipbench::reporters
