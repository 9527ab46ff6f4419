#include "bench/case_detail.h"

#include <algorithm>
#include <functional>
#include <map>
#include <tuple>
#include <utility>
#include <vector>

#include "profiler/component.h"
#include "reporters/case_summary.h"
#include "reporters/text.h"

namespace clipbench::bench {
namespace {

using reporters::fixed;
using reporters::grouped;
using reporters::mib;
using reporters::pad_left;
using reporters::pad_right;
using reporters::Record;

constexpr std::size_t kMostBlockLines = 12;

std::string byte_row(const std::string& name, std::int64_t bytes, const std::string& rest = "") {
  return "  " + pad_right(name, 26) + pad_left(mib(bytes), 12) + pad_left(grouped(bytes), 18) +
         (rest.empty() ? "" : "  " + rest) + "\n";
}

std::string heading(const std::string& text) { return "\n" + text + "\n"; }

std::string summary(const Record& record) {
  const auto& step = record.time.step_ms;
  std::string text = record.case_name + "\n";
  if (record.status != reporters::Status::ok)
    return text + reporters::describe_status(record) + "\n";
  text += "step " + fixed(step.median, 2) + " ms (95 % " + fixed(step.ci95.first, 2) + " to " +
          fixed(step.ci95.second, 2) + ", " + std::to_string(record.time.samples_ms.size()) +
          " samples" + (record.time.settled ? "" : ", not settled") + "), " +
          reporters::with_suffix(record.time.tokens_per_s) + " tokens/s\n";
  text += "peak allocated " + mib(record.memory.peak_allocated_bytes) + " MiB in " +
          record.memory.peak_phase + ", residual " + std::to_string(record.memory.residual_bytes) +
          " bytes; first step's peak " + mib(record.memory.first_step_peak_allocated_bytes) +
          " MiB";
  if (record.memory.peak_reserved_bytes)
    text += "; reserved " + mib(*record.memory.peak_reserved_bytes) + " MiB";
  return text + "\n";
}

std::string components(const Record& record) {
  std::vector<std::pair<std::string, std::int64_t>> rows;
  for (const auto& [name, bytes] : record.memory.components_at_peak)
    if (bytes != 0) rows.emplace_back(name, bytes);
  if (rows.empty()) return "";
  std::stable_sort(rows.begin(), rows.end(),
                   [](const auto& a, const auto& b) { return a.second > b.second; });
  std::string text = heading("at the peak                          MiB             bytes");
  for (const auto& [name, bytes] : rows) {
    const double share = 100.0 * static_cast<double>(bytes) /
                         static_cast<double>(record.memory.peak_allocated_bytes);
    text += byte_row(name, bytes, pad_left(fixed(share, 1), 5) + " %");
  }
  return text;
}

/// Equal blocks (a layer's kind repeats in every layer of the model) share a line.
std::string largest_blocks(const Record& record) {
  using Kind = std::tuple<std::int64_t, std::string, std::string>;
  std::map<Kind, int, std::greater<>> kinds;
  for (const auto& block : record.memory.largest_at_peak)
    ++kinds[{block.bytes, block.component, block.owner}];
  if (kinds.empty()) return "";
  std::string text = heading("largest blocks at the peak");
  std::size_t lines = 0;
  for (const auto& [kind, count] : kinds) {
    const auto& [bytes, component, owner] = kind;
    if (++lines > kMostBlockLines) break;
    text +=
        byte_row(component, bytes, (count > 1 ? "x " + std::to_string(count) + "  " : "") + owner);
  }
  return text;
}

std::string process_bytes(const Record& record) {
  if (record.memory.process_bytes.empty()) return "";
  std::string text = heading("process");
  for (const auto& [name, bytes] : record.memory.process_bytes) text += byte_row(name, bytes);
  return text;
}

std::string snapshots(const Record& record) {
  if (record.snapshots.empty()) return "";
  std::string text = heading("snapshots, allocated");
  for (const auto& one : record.snapshots)
    text += byte_row(one.name, one.allocated_bytes,
                     one.reserved_bytes ? mib(*one.reserved_bytes) + " reserved" : "");
  return text;
}

std::string phases(const Record& record) {
  if (record.phases.empty()) return "";
  std::string text = heading("phases, recorded pass                 ms          peak MiB");
  for (const auto& phase : record.phases)
    text += "  " + pad_right(phase.name, 26) + pad_left(fixed(phase.ms, 2), 12) +
            pad_left(mib(phase.peak_allocated_bytes), 18) + "\n";
  return text;
}

std::string kernels(const Record& record) {
  if (record.kernels.empty()) return "";
  std::string text = heading("kernels                               ms             calls");
  for (const auto& kernel : record.kernels)
    text += "  " + pad_right(kernel.phase, 26) + pad_left(fixed(kernel.ms, 3), 12) +
            pad_left(std::to_string(kernel.calls), 18) + "  " + kernel.name + "\n";
  return text;
}

std::string checks(const Record& record) {
  std::string text = record.checks.empty() ? "" : heading("checks");
  for (const auto& check : record.checks)
    text += "  " + pad_right(check.name, 44) + (check.holds ? "holds" : "FAILS") + "  " +
            grouped(check.expected) + (check.holds ? "" : " != " + grouped(check.actual)) + "\n";
  const auto& verified = record.verification;
  if (!verified.done) return text + (text.empty() ? "" : "  not verified\n");
  return text + "  verified against microbatch: error " +
         reporters::scientific(verified.max_relative_error) + ", tolerance " +
         reporters::scientific(verified.tolerance) + "\n";
}

std::string seconds(const Record& record) {
  if (record.seconds.empty()) return "";
  std::string text = "\nseconds ";
  for (const auto& [name, value] : record.seconds) text += "  " + name + " " + fixed(value, 2);
  return text + "\n";
}

}  // namespace

std::string case_detail(const Record& record) {
  return summary(record) + components(record) + largest_blocks(record) + process_bytes(record) +
         snapshots(record) + phases(record) + kernels(record) + checks(record) + seconds(record) +
         "\n";
}

}  // namespace clipbench::bench
