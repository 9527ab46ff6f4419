#include "reporters/columns.h"

#include <algorithm>
#include <cmath>

#include "reporters/text.h"

namespace clipbench::reporters {
namespace {

Value number(double value) { return std::isfinite(value) ? Value(value) : Value(); }

Value ratio(double value, double base) { return base > 0 ? number(value / base) : Value(); }

Value maybe(const std::optional<std::int64_t>& bytes) { return bytes ? Value(*bytes) : Value(); }

/// The value of a case that has numbers; absent for the others.
template <class Get>
Value if_ok(const Row& row, Get get) {
  return row.item.ok() ? Value(get(row.item.first())) : Value();
}

/// What the device (on CPU: the operating system) saw of the process at most.
Value device_bytes(const Record& r) {
  for (const char* key : {"used", "rss_peak"}) {
    const auto found = r.memory.process_bytes.find(key);
    if (found != r.memory.process_bytes.end()) return found->second;
  }
  return {};
}

Value peak_ratio(const Row& row) {
  if (!row.item.ok() || !row.vanilla) return {};
  return ratio(static_cast<double>(row.item.peak_allocated_bytes),
               static_cast<double>(row.vanilla->peak_allocated_bytes));
}

Value time_ratio(const Row& row) {
  if (!row.item.ok() || !row.vanilla) return {};
  return ratio(row.item.step_ms.median, row.vanilla->step_ms.median);
}

/// The component that grew most against vanilla, both at their peaks: `gram +1.5`.
Value most_added(const Row& row) {
  if (!row.item.ok() || !row.vanilla || row.vanilla->method == row.item.method) return {};
  std::string name;
  std::int64_t most = 0;
  for (const auto& [component, bytes] : row.item.first().memory.components_at_peak) {
    const std::int64_t added = bytes - bytes_at_peak(row.vanilla->first(), component);
    if (added <= most) continue;
    most = added;
    name = component;
  }
  return name.empty() ? Value() : Value(name + " " + signed_mib(most));
}

Value per_second(const Row& row, double per_step) {
  return row.item.ok() ? ratio(per_step * 1e3, row.item.step_ms.median) : Value();
}

std::string knobs_text(const Config& config) {
  std::string out;
  for (const auto& [name, value] : config.knobs)
    out += (out.empty() ? "" : "/") + name + ":" + value;
  return out;
}

Value verified(const Record& r) {
  return r.verification.done ? number(r.verification.max_relative_error) : Value();
}

#define CONFIG(member) [](const Row& r) { return Value(r.item.first().config.member); }
#define OK(expression) \
  [](const Row& row) { return if_ok(row, [&](const Record& r) -> Value { return expression; }); }

std::vector<Column> make_columns() {
  using F = Format;
  const unsigned files = kCsv | kIndex, tables = kConsole | kLatex;
  return {
      {"case", "case", "", [](const Row& r) { return Value(r.item.case_name); }, F::text, files},
      {"repetition", "repetition", "",
       [](const Row& r) { return Value(r.item.first().repetition); }, F::integer, kCsv},
      {"processes", "processes", "",
       [](const Row& r) { return Value(static_cast<std::int64_t>(r.item.records.size())); },
       F::integer, kIndex},
      {"status", "status", "",
       [](const Row& r) { return Value(std::string(to_string(r.item.status))); }, F::text, files},
      {"model", "model", "", CONFIG(model), F::text, kCsv},
      {"method", "method", "", CONFIG(method), F::text, tables | kDetail | kCsv},
      {"seq", "T", "", CONFIG(seq), F::integer, kCsv},
      {"batch", "B", "", CONFIG(batch), F::integer, kCsv},
      {"knobs", "knobs", "", [](const Row& r) { return Value(knobs_text(r.item.first().config)); },
       F::text, kCsv},
      {"dtype", "dtype", "", CONFIG(dtype), F::text, kCsv},
      {"device", "device", "", CONFIG(device), F::text, kCsv},
      {"peak_allocated_bytes", "alloc MiB", "bytes", OK(row.item.peak_allocated_bytes), F::mib,
       tables | files},
      {"peak_ratio", "x", "", peak_ratio, F::ratio, tables | kCsv},
      {"peak_reserved_bytes", "resv MiB", "bytes", OK(maybe(r.memory.peak_reserved_bytes)), F::mib,
       tables | files},
      {"device_bytes", "device MiB", "bytes", OK(device_bytes(r)), F::mib, kDetail | files},
      {"first_step_peak_allocated_bytes", "1st step MiB", "bytes",
       OK(r.memory.first_step_peak_allocated_bytes), F::mib, kDetail | files},
      {"timed_pass_peak_allocated_bytes", "steady MiB", "bytes",
       OK(r.memory.timed_pass_peak_allocated_bytes), F::mib, kDetail | files},
      {"residual_bytes", "residual", "bytes", OK(r.memory.residual_bytes), F::integer, files},
      {"step_ms", "step ms", "ms", OK(number(row.item.step_ms.median)), F::ms, tables | files},
      {"step_ms_low", "low ms", "ms", OK(number(row.item.step_ms.low)), F::ms, files},
      {"step_ms_high", "high ms", "ms", OK(number(row.item.step_ms.high)), F::ms, files},
      {"step_ms_min", "min ms", "ms", OK(number(r.time.step_ms.min)), F::ms, kDetail | kCsv},
      {"step_ms_half_width_percent", "±%", "%", OK(number(row.item.step_ms.percent())), F::percent,
       tables | kCsv},
      {"time_ratio", "x", "", time_ratio, F::ratio, tables | kCsv},
      {"first_step_ms", "1st ms", "ms", OK(number(r.time.first_step_ms)), F::ms, kDetail | kCsv},
      {"recorded_step_ms", "recorded ms", "ms", OK(number(r.time.recorded_step_ms)), F::ms, kCsv},
      {"samples", "samples", "", OK(static_cast<std::int64_t>(r.time.samples_ms.size())),
       F::integer, kCsv},
      {"settled", "settled", "", OK(std::string(r.time.settled ? "yes" : "no")), F::text,
       kDetail | kCsv},
      {"samples_per_s", "samples/s", "1/s",
       [](const Row& r) { return per_second(r, static_cast<double>(r.item.first().config.batch)); },
       F::suffix, kDetail | files},
      {"tokens_per_s", "tok/s", "1/s",
       [](const Row& r) {
         const Config& c = r.item.first().config;
         return per_second(r, static_cast<double>(c.batch) * static_cast<double>(c.seq));
       },
       F::suffix, tables | kDetail | files},
      {"peak_phase", "peak in", "", OK(r.memory.peak_phase), F::text, kConsole | kCsv},
      {"most_added", "most added at the peak", "MiB", most_added, F::text, kConsole | kCsv},
      {"max_relative_error", "worst error", "", OK(verified(r)), F::scientific, kCsv},
      {"reason", "reason", "", [](const Row& r) { return Value(r.item.reason); }, F::text, files},
  };
}

#undef CONFIG
#undef OK

std::string formatted_number(Format format, double value) {
  switch (format) {
    case Format::mib:
      return fixed(value / (1 << 20), 1);
    case Format::ms:
      return fixed(value, 2);
    case Format::percent:
      return fixed(value, 1);
    case Format::ratio:
      return fixed(value, 3);
    case Format::suffix:
      return with_suffix(value);
    case Format::scientific:
      return scientific(value);
    default:
      return shortest(value);
  }
}

}  // namespace

const std::vector<Column>& columns() {
  static const std::vector<Column> all = make_columns();
  return all;
}

std::vector<Column> columns_for(Place place) {
  std::vector<Column> out;
  std::copy_if(columns().begin(), columns().end(), std::back_inserter(out),
               [&](const Column& c) { return (c.places & place) != 0; });
  return out;
}

std::string formatted(const Column& column, const Row& row) {
  const Value value = column.get(row);
  if (const auto* text = std::get_if<std::string>(&value))
    return text->empty() ? "-" : one_line(*text);
  if (const auto* number = std::get_if<double>(&value))
    return formatted_number(column.format, *number);
  if (const auto* integer = std::get_if<std::int64_t>(&value)) {
    return column.format == Format::mib ? mib(*integer) : std::to_string(*integer);
  }
  return "-";
}

std::string raw(const Column& column, const Row& row) {
  const Value value = column.get(row);
  if (const auto* text = std::get_if<std::string>(&value)) return *text;
  if (const auto* number = std::get_if<double>(&value)) return shortest(*number);
  if (const auto* integer = std::get_if<std::int64_t>(&value)) return std::to_string(*integer);
  return "";
}

}  // namespace clipbench::reporters
