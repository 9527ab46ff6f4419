#include "reporters/step_timeline.h"

#include <algorithm>
#include <cmath>

namespace clipbench::reporters {
namespace {

/// A stretch of the timeline and the phases [first, last) that fill it.
struct Stretch {
  double begin_ms, end_ms;
  std::size_t first, last;
};

double positive(double ms) { return std::isfinite(ms) && ms > 0 ? ms : 0; }

/// Phases one after another, scaled to fill their stretch.
void fill(const Stretch& stretch, const std::vector<Phase>& phases, std::vector<PhaseSpan>& spans) {
  double sum = 0, at = stretch.begin_ms;
  for (std::size_t i = stretch.first; i < stretch.last; ++i) sum += positive(phases[i].ms);
  const double scale = sum > 0 ? (stretch.end_ms - stretch.begin_ms) / sum : 0;
  for (std::size_t i = stretch.first; i < stretch.last; ++i) {
    const double end = at + scale * positive(phases[i].ms);
    spans.push_back({phases[i].name, at, end});
    at = end;
  }
}

bool ends_with(const std::string& text, const std::string& end) {
  return text.size() >= end.size() && text.compare(text.size() - end.size(), end.size(), end) == 0;
}

/// Where the snapshot of this name lies within the timeline; -1 if it does not.
double snapshot_ms(const Record& record, const std::string& name) {
  const Timeline& timeline = record.memory.timeline;
  double found = -1;
  for (const Snapshot& s : record.snapshots) {
    const bool within = s.t_ns >= timeline.t_ns.front() && s.t_ns <= timeline.t_ns.back();
    if (within && ends_with(s.name, name)) {
      found = static_cast<double>(s.t_ns - timeline.t_ns.front()) * 1e-6;
    }
  }
  return found;
}

std::size_t index_of(const std::vector<Phase>& phases, const std::string& name) {
  const auto found =
      std::find_if(phases.begin(), phases.end(), [&](const Phase& p) { return p.name == name; });
  return static_cast<std::size_t>(found - phases.begin());
}

/// Forward lies before after_forward, the step behind after_backward, all else between; where a
/// snapshot is not in the timeline, everything shares one stretch.
std::vector<Stretch> stretches_of(const Record& record) {
  const std::size_t count = record.phases.size(), step = index_of(record.phases, "step");
  const double end = time_ms(record.memory.timeline, record.memory.timeline.t_ns.size() - 1);
  const double before_forward = snapshot_ms(record, "_before_forward");
  const double after_forward = snapshot_ms(record, "_after_forward");
  const double after_backward = snapshot_ms(record, "_after_backward");
  const bool ordered =
      before_forward >= 0 && before_forward <= after_forward && after_forward <= after_backward;
  if (!ordered || index_of(record.phases, "forward") != 0) return {{0, end, 0, count}};
  return {{before_forward, after_forward, 0, 1},
          {after_forward, after_backward, 1, step},
          {after_backward, end, step, count}};
}

}  // namespace

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
  if (record.memory.timeline.t_ns.empty() || record.phases.empty()) return spans;
  for (const Stretch& stretch : stretches_of(record)) fill(stretch, record.phases, spans);
  return spans;
}

}  // namespace clipbench::reporters
