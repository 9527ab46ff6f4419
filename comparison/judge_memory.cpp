#include "comparison/judge_memory.h"

#include <algorithm>
#include <cstdlib>
#include <map>

#include "reporters/text.h"

namespace clipbench::comparison {
namespace {

using reporters::Record;

constexpr std::size_t kShownComponents = 3;

const Record& highest_peak(const Records& records) {
  return **std::max_element(records.begin(), records.end(), [](const Record* a, const Record* b) {
    return a->memory.peak_allocated_bytes < b->memory.peak_allocated_bytes;
  });
}

std::optional<std::int64_t> highest_reserved(const Records& records) {
  std::optional<std::int64_t> most;
  for (const Record* record : records) most = std::max(most, record->memory.peak_reserved_bytes);
  return most;
}

/// "in BASE: 3,145,728 to 3,146,240 bytes"; empty: all processes have the same peak.
std::string variation(const char* run, const Records& records) {
  const std::int64_t most = highest_peak(records).memory.peak_allocated_bytes;
  std::int64_t least = most;
  for (const Record* record : records) least = std::min(least, record->memory.peak_allocated_bytes);
  if (least == most) return "";
  return std::string("in ") + run + ": " + reporters::grouped(least) + " to " +
         reporters::grouped(most) + " bytes";
}

std::vector<ComponentChange> largest_changes(const Record& base, const Record& next) {
  std::map<std::string, std::int64_t> change = next.memory.components_at_peak;
  for (const auto& [component, bytes] : base.memory.components_at_peak) change[component] -= bytes;
  std::vector<ComponentChange> moved;
  for (const auto& [component, bytes] : change)
    if (bytes != 0) moved.push_back({component, bytes});
  std::stable_sort(moved.begin(), moved.end(), [](const auto& a, const auto& b) {
    return std::abs(a.bytes) > std::abs(b.bytes);
  });
  if (moved.size() > kShownComponents) moved.resize(kShownComponents);
  return moved;
}

std::int64_t quanta(std::int64_t bytes) {
  return (bytes + kReservedQuantum - 1) / kReservedQuantum;
}

/// In whole quanta, as bytes; 0 where one of the runs knows no reserved memory.
std::int64_t reserved_growth(const MemoryJudgement& memory) {
  if (!memory.base_reserved_bytes || !memory.new_reserved_bytes) return 0;
  return (quanta(*memory.new_reserved_bytes) - quanta(*memory.base_reserved_bytes)) *
         kReservedQuantum;
}

Verdict verdict_of(const MemoryJudgement& memory, const Allowance& allowed) {
  if (!memory.varies.empty()) return Verdict::nondeterministic;
  const std::int64_t growth = memory.growth_bytes(), reserved = reserved_growth(memory);
  if (growth > allowed.allocated_bytes || reserved > allowed.reserved_bytes)
    return Verdict::regressed;
  if (growth > 0 || reserved > 0) return Verdict::tolerated;
  return growth < 0 || reserved < 0 ? Verdict::improved : Verdict::same;
}

}  // namespace

MemoryJudgement judge_memory(const Records& base, const Records& next, const Allowance& allowed) {
  const Record& before = highest_peak(base);
  const Record& after = highest_peak(next);
  MemoryJudgement out;
  out.base_bytes = before.memory.peak_allocated_bytes;
  out.new_bytes = after.memory.peak_allocated_bytes;
  out.base_reserved_bytes = highest_reserved(base);
  out.new_reserved_bytes = highest_reserved(next);
  out.base_phase = before.memory.peak_phase;
  out.new_phase = after.memory.peak_phase;
  out.moved = largest_changes(before, after);
  out.varies = variation("BASE", base);
  if (const std::string in_new = variation("NEW", next); !in_new.empty())
    out.varies += (out.varies.empty() ? "" : "; ") + in_new;
  out.verdict = verdict_of(out, allowed);
  if (out.verdict == Verdict::tolerated) out.tolerated_because = allowed.reason;
  return out;
}

}  // namespace clipbench::comparison
