#include "profiler/phase_spans.h"

#include <algorithm>

namespace clipbench::profiler {
namespace {

void close(PhaseSpan& phase, Position end, std::int64_t end_ns) {
  if (phase.end != kNever) return;
  phase.end = end;
  phase.end_ns = end_ns;
}

}  // namespace

std::vector<PhaseSpan> phase_spans(std::span<const Event> events) {
  std::vector<PhaseSpan> phases;
  for (std::size_t i = 0; i < events.size(); ++i) {
    const Event& event = events[i];
    const bool begins = event.kind == Event::Kind::phase;
    if (!begins && event.kind != Event::Kind::end_phase) continue;
    if (!phases.empty()) close(phases.back(), i + 1, event.t_ns);
    if (begins) phases.push_back({event.name, i + 1, kNever, event.t_ns, event.t_ns});
  }
  if (!phases.empty()) close(phases.back(), events.size() + 1, events.back().t_ns);
  return phases;
}

const PhaseSpan* phase_at(std::span<const PhaseSpan> phases, Position position) {
  const auto after =
      std::upper_bound(phases.begin(), phases.end(), position,
                       [](Position p, const PhaseSpan& phase) { return p < phase.begin; });
  if (after == phases.begin()) return nullptr;
  const PhaseSpan& phase = *(after - 1);
  return position < phase.end ? &phase : nullptr;
}

}  // namespace clipbench::profiler
