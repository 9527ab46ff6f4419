#include "reporters/benchmark_json.h"

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>

#include "reporters/case_summary.h"
#include "reporters/text.h"

namespace clipbench::reporters {
namespace {

using Json = nlohmann::ordered_json;

/// compare.py and Google Benchmark's own reader know these two only.
std::string library_build_type(const Environment& e) {
  return e.build_type == "Debug" ? "debug" : "release";
}

Json context_json(const std::vector<Record>& records, const Context& context) {
  const Environment none, &e = records.empty() ? none : records[0].environment;
  return {{"date", context.date.empty() ? e.started_utc : context.date},
          {"host_name", ""},
          {"executable", context.executable},
          {"num_cpus", context.cpus},
          {"mhz_per_cpu", std::isfinite(context.mhz_per_cpu) ? context.mhz_per_cpu : 0},
          {"cpu_scaling_enabled", false},
          {"caches", Json::array()},
          {"load_avg", Json::array()},
          {"library_build_type", library_build_type(e)},
          {"clipbench", e.clipbench},
          {"git_sha", e.git_sha},
          {"build_type", e.build_type},
          {"torch", e.torch},
          {"device", e.device_name}};
}

void add_number(Json& entry, const char* key, double value) {
  if (std::isfinite(value)) entry[key] = value;
}

void add_counters(Json& entry, const Record& r) {
  entry["peak_allocated_bytes"] = r.memory.peak_allocated_bytes;
  if (r.memory.peak_reserved_bytes) entry["peak_reserved_bytes"] = *r.memory.peak_reserved_bytes;
  add_number(entry, "items_per_second", r.time.samples_per_s);
  add_number(entry, "tokens_per_second", r.time.tokens_per_s);
  add_number(entry, "min_ms", r.time.step_ms.min);
  add_number(entry, "first_step_ms", r.time.first_step_ms);
}

Json entry_json(const Record& r, int family, std::size_t repetitions) {
  Json entry = {{"name", one_line(r.case_name)},
                {"family_index", family},
                {"per_family_instance_index", 0},
                {"run_name", one_line(r.case_name)},
                {"run_type", "iteration"},
                {"repetitions", repetitions},
                {"repetition_index", r.repetition},
                {"threads", 1},
                {"iterations", std::max<std::size_t>(1, r.time.samples_ms.size())},
                {"real_time", r.time.step_ms.median},
                {"cpu_time", r.time.step_ms.median},
                {"time_unit", "ms"}};
  add_counters(entry, r);
  return entry;
}

bool has_time(const Record& r) {
  return r.status == Status::ok && std::isfinite(r.time.step_ms.median);
}

}  // namespace

std::string benchmark_json(const std::vector<Record>& records, const Context& context) {
  Json entries = Json::array();
  int family = 0;
  for (const Group& g : group(records, context)) {
    for (const CaseSummary& c : g.cases) {
      for (const Record* r : c.records) {
        if (has_time(*r)) entries.push_back(entry_json(*r, family, c.records.size()));
      }
      ++family;
    }
  }
  const Json out = {{"context", context_json(records, context)}, {"benchmarks", entries}};
  return out.dump(2, ' ', false, Json::error_handler_t::replace) + "\n";
}

}  // namespace clipbench::reporters
