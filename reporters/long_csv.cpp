#include "reporters/csv.h"
#include "reporters/text.h"

namespace clipbench::reporters {
namespace {

/// Lines of one record: each starts with its case and repetition.
class LongLines {
 public:
  explicit LongLines(const Record& record)
      : start_(csv_field(record.case_name) + "," + std::to_string(record.repetition) + ",") {}

  void bytes(const char* quantity, const std::string& item, std::int64_t value) {
    add(quantity, item, std::to_string(value), "bytes");
  }
  void bytes(const char* quantity, const std::string& item,
             const std::optional<std::int64_t>& value) {
    if (value) bytes(quantity, item, *value);
  }
  void number(const char* quantity, const std::string& item, double value, const char* unit) {
    add(quantity, item, shortest(value), unit);
  }
  void text(const char* quantity, const std::string& value) {
    add(quantity, "", csv_field(value), "");
  }
  std::string take() { return std::move(out_); }

 private:
  void add(const char* quantity, const std::string& item, const std::string& value,
           const char* unit) {
    out_ += start_ + quantity + "," + csv_field(item) + "," + value + "," + unit + "\n";
  }
  std::string start_, out_;
};

void add_memory(const Memory& m, LongLines& out) {
  out.bytes("peak_allocated", "", m.peak_allocated_bytes);
  out.bytes("peak_reserved", "", m.peak_reserved_bytes);
  out.bytes("timed_pass_peak_allocated", "", m.timed_pass_peak_allocated_bytes);
  out.bytes("first_step_peak_allocated", "", m.first_step_peak_allocated_bytes);
  out.bytes("residual", "", m.residual_bytes);
  for (const auto& [component, n] : m.components_at_peak)
    out.bytes("component_at_peak", component, n);
  for (const auto& [part, n] : m.process_bytes) out.bytes("process", part, n);
}

void add_time(const Time& t, LongLines& out) {
  out.number("step_median", "", t.step_ms.median, "ms");
  out.number("step_min", "", t.step_ms.min, "ms");
  out.number("step_mean", "", t.step_ms.mean, "ms");
  out.number("step_ci95_low", "", t.step_ms.ci95.first, "ms");
  out.number("step_ci95_high", "", t.step_ms.ci95.second, "ms");
  out.number("first_step", "", t.first_step_ms, "ms");
  out.number("recorded_step", "", t.recorded_step_ms, "ms");
  out.number("throughput", "samples", t.samples_per_s, "1/s");
  out.number("throughput", "tokens", t.tokens_per_s, "1/s");
  for (std::size_t i = 0; i < t.samples_ms.size(); ++i) {
    out.number("sample", std::to_string(i), t.samples_ms[i], "ms");
  }
}

std::string lines_of(const Record& r) {
  LongLines out(r);
  out.text("status", to_string(r.status));
  if (r.reason) out.text("reason", *r.reason);
  if (r.status != Status::ok) return out.take();
  add_memory(r.memory, out);
  add_time(r.time, out);
  for (const Snapshot& s : r.snapshots) {
    out.bytes("snapshot_allocated", s.name, s.allocated_bytes);
    out.bytes("snapshot_reserved", s.name, s.reserved_bytes);
  }
  for (const Phase& p : r.phases) {
    out.number("phase", p.name, p.ms, "ms");
    out.bytes("phase_peak_allocated", p.name, p.peak_allocated_bytes);
  }
  if (r.verification.done) {
    out.number("max_relative_error", r.verification.worst_parameter,
               r.verification.max_relative_error, "");
  }
  for (const auto& [stage, seconds] : r.seconds) out.number("seconds", stage, seconds, "s");
  return out.take();
}

}  // namespace

std::string long_csv(const std::vector<Record>& records) {
  std::string out = "case,repetition,quantity,item,value,unit\n";
  for (const Record& r : records) out += lines_of(r);
  return out;
}

}  // namespace clipbench::reporters
