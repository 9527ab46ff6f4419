#include "profiler/peak_report.h"

#include <algorithm>
#include <set>

#include "profiler/timeline.h"

namespace clipbench::profiler {
namespace {

constexpr std::size_t kLargestBlocks = 12;

/// The ledger after the last event, with its live bytes after every one.
struct Replay {
  MemoryLedger ledger;
  std::vector<std::int64_t> allocated, requested;  // by position

  explicit Replay(const Recording& recording) : ledger(recording.seed) {
    note();
    for (const Event& event : recording.events) {
      ledger.apply(event);
      note();
    }
  }
  void note() {
    allocated.push_back(ledger.live_block_bytes());
    requested.push_back(ledger.live_requested_bytes());
  }
};

struct Iterations {
  std::int64_t count = 0, last_number = 0;
  Position last_begin = 0;  // the whole recording, if nobody named iterations
};

Iterations iterations_until(const std::vector<Event>& events, Position end) {
  Iterations found;
  for (Position i = 0; i < std::min(end, events.size()); ++i) {
    if (events[i].kind != Event::Kind::iteration) continue;
    ++found.count;
    found.last_number = events[i].index;
    found.last_begin = i + 1;
  }
  return found;
}

std::int64_t time_at(const std::vector<Event>& events, Position position) {
  if (events.empty()) return 0;
  return events[position == 0 ? 0 : position - 1].t_ns;
}

std::int64_t count_threads(const std::vector<Event>& events) {
  std::set<std::uint32_t> threads;
  for (const Event& event : events) threads.insert(event.thread);
  return static_cast<std::int64_t>(threads.size());
}

double phase_ms(const Recording& recording, const std::vector<PhaseSpan>& spans, std::size_t i) {
  if (i < recording.phase_device_ms.size()) return recording.phase_device_ms[i];
  return static_cast<double>(spans[i].end_ns - spans[i].begin_ns) / 1e6;
}

std::int64_t peak_within(const std::vector<std::int64_t>& allocated, const PhaseSpan& span) {
  const auto end = std::min<Position>(span.end, allocated.size());
  return *std::max_element(allocated.begin() + span.begin, allocated.begin() + end);
}

PhaseRow& row_named(std::vector<PhaseRow>& rows, std::string_view name) {
  for (PhaseRow& row : rows) {
    if (row.name == name) return row;
  }
  return rows.emplace_back(PhaseRow{std::string(name), 0, 0, 0});
}

std::vector<PhaseRow> phase_rows(const Recording& recording, const std::vector<PhaseSpan>& spans,
                                 const std::vector<std::int64_t>& allocated,
                                 std::int64_t iterations) {
  std::vector<PhaseRow> rows;
  for (std::size_t i = 0; i < spans.size(); ++i) {
    PhaseRow& row = row_named(rows, spans[i].name);
    ++row.calls;
    row.ms +=
        phase_ms(recording, spans, i) / static_cast<double>(std::max<std::int64_t>(iterations, 1));
    row.peak_allocated_bytes = std::max(row.peak_allocated_bytes, peak_within(allocated, spans[i]));
  }
  return rows;
}

void fill_peak(const Recording& recording, const Replay& replay,
               const std::vector<PhaseSpan>& spans, const ComponentAccount& account,
               PeakReport& report) {
  const Position peak = replay.ledger.peak_position();
  report.peak_allocated_bytes = replay.ledger.peak_block_bytes();
  report.peak_requested_bytes = replay.ledger.peak_requested_bytes();
  report.peak_t_ns = time_at(recording.events, peak);
  report.peak_iteration = iterations_until(recording.events, peak).last_number;
  if (const PhaseSpan* phase = phase_at(spans, peak)) report.peak_phase = phase->name;
  report.components_at_peak = account.at(std::vector{peak}).front();
  report.residual_bytes =
      recording.statistics.peak_allocated_bytes - total(report.components_at_peak);
  for (const auto& [life, stretch] : account.largest_at(peak, kLargestBlocks)) {
    report.largest_at_peak.push_back(
        {stretch.component, std::string(stretch.owner), life->requested_bytes, life->block_bytes});
  }
}

std::vector<SnapshotComponents> snapshot_components(const Recording& recording,
                                                    const Replay& replay,
                                                    const ComponentAccount& account) {
  std::vector<Position> positions;
  std::vector<SnapshotComponents> rows;
  for (std::size_t i = 0; i < recording.events.size(); ++i) {
    if (recording.events[i].kind != Event::Kind::snapshot) continue;
    positions.push_back(i + 1);
    rows.push_back({recording.snapshots.at(static_cast<std::size_t>(recording.events[i].index)),
                    replay.allocated[i + 1],
                    replay.requested[i + 1],
                    {}});
  }
  const std::vector<ComponentBytes> components = account.at(positions);
  for (std::size_t i = 0; i < rows.size(); ++i) rows[i].components = components[i];
  return rows;
}

std::vector<TimelinePoint> timeline_of(const Recording& recording, const Replay& replay,
                                       const ComponentAccount& account) {
  const Position end = replay.allocated.size();
  const Position begin = iterations_until(recording.events, end).last_begin;
  const std::vector<Position> positions =
      timeline_points(replay.allocated, begin, end, replay.ledger.peak_position());
  const std::vector<ComponentBytes> components = account.at(positions);
  std::vector<TimelinePoint> points;
  for (std::size_t i = 0; i < positions.size(); ++i) {
    points.push_back(
        {time_at(recording.events, positions[i]), replay.allocated[positions[i]], components[i]});
  }
  return points;
}

/// (a)–(c); the end of the recording counts as a snapshot, so that no lost free can hide behind the
/// last one.
std::vector<LawCheck> account_checks(const Recording& recording, const Replay& replay,
                                     const ComponentAccount& account, const PeakReport& report) {
  std::vector<Agreement> allocated, requested;
  for (const SnapshotComponents& s : report.snapshots) {
    allocated.push_back({s.allocator.name, s.allocator.allocated_bytes, total(s.components)});
    requested.push_back({s.allocator.name, s.allocator.requested_bytes, s.ledger_requested_bytes});
  }
  const Position end = recording.events.size();
  const std::int64_t at_end = total(account.at(std::vector{end}).front());
  allocated.push_back({"end", recording.statistics.allocated_bytes, at_end});
  requested.push_back({"end", recording.statistics.requested_bytes, replay.requested.back()});
  return {
      check_requested_peak(recording.statistics.peak_requested_bytes, report.peak_requested_bytes),
      check_components_at_peak(recording.statistics.peak_allocated_bytes,
                               report.components_at_peak),
      check_agreements("c_allocated_at_snapshots", allocated),
      check_agreements("c_requested_at_snapshots", requested)};
}

std::vector<std::string> all_faults(const Recording& recording, const MemoryLedger& ledger) {
  std::vector<std::string> faults = recording.faults;
  faults.insert(faults.end(), ledger.faults().begin(), ledger.faults().end());
  return faults;
}

}  // namespace

const SnapshotComponents* PeakReport::find_snapshot(const std::string& name) const {
  for (const SnapshotComponents& s : snapshots) {
    if (s.allocator.name == name) return &s;
  }
  return nullptr;
}

PeakReport analyse(const Recording& recording) {
  const Replay replay(recording);
  const std::vector<PhaseSpan> spans = phase_spans(recording.events);
  const ComponentAccount account(replay.ledger.lifetimes(), spans);
  PeakReport report;
  report.statistics = recording.statistics;
  report.iterations = iterations_until(recording.events, recording.events.size()).count;
  report.events = static_cast<std::int64_t>(recording.events.size());
  report.threads = count_threads(recording.events);
  fill_peak(recording, replay, spans, account, report);
  report.phases = phase_rows(recording, spans, replay.allocated, report.iterations);
  report.snapshots = snapshot_components(recording, replay, account);
  report.timeline = timeline_of(recording, replay, account);
  report.checks = account_checks(recording, replay, account, report);
  report.faults = all_faults(recording, replay.ledger);
  return report;
}

}  // namespace clipbench::profiler
