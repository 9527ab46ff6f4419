#include "reporters/chrome_trace.h"

#include <nlohmann/json.hpp>

#include "reporters/step_timeline.h"
#include "reporters/text.h"

namespace clipbench::reporters {
namespace {

using Json = nlohmann::ordered_json;

Json event(const char* kind, const std::string& name, double t_ms) {
  return {{"ph", kind}, {"name", name}, {"ts", t_ms * 1e3}, {"pid", 1}, {"tid", 1}};
}

void add_counters(const Timeline& timeline, const StepAxis& axis, Json& events) {
  for (std::size_t i = 0; i < axis.point_ms.size(); ++i) {
    Json counter = event("C", "allocated bytes", axis.point_ms[i]);
    Json bytes = Json::object();
    for (const auto& [component, values] : timeline.components) {
      bytes[component] = component_bytes(timeline, component, i);
    }
    counter["args"] = bytes;
    events.push_back(counter);
  }
}

void add_phases(const StepAxis& axis, Json& events) {
  for (const PhaseSpan& span : axis.phases) {
    Json phase = event("X", span.name, span.begin_ms);
    phase["dur"] = (span.end_ms - span.begin_ms) * 1e3;
    events.push_back(phase);
  }
}

void add_peak(const Timeline& timeline, const StepAxis& axis, Json& events) {
  const std::ptrdiff_t peak = highest_point(timeline);
  if (peak < 0) return;
  const auto point = static_cast<std::size_t>(peak);
  const std::int64_t bytes = timeline.allocated_bytes[point];
  Json mark = event("i", "peak " + mib(bytes) + " MiB", axis.point_ms[point]);
  mark["s"] = "p";
  mark["args"] = {{"allocated_bytes", bytes}};
  events.push_back(mark);
}

}  // namespace

std::string chrome_trace(const Record& record) {
  Json name = event("M", "process_name", 0);
  name["args"] = {{"name", one_line(record.case_name)}};
  Json events = Json::array({name});
  const StepAxis axis = step_axis(record);
  add_phases(axis, events);
  add_counters(record.memory.timeline, axis, events);
  add_peak(record.memory.timeline, axis, events);
  const Json out = {{"displayTimeUnit", "ms"}, {"traceEvents", events}};
  return out.dump(-1, ' ', false, Json::error_handler_t::replace) + "\n";
}

}  // namespace clipbench::reporters
