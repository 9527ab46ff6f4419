#include "reporters/host_phases.h"

#include <algorithm>
#include <cmath>

namespace clipbench::reporters {
namespace {

/// Snapshots of the timeline's iteration; negative: not within the timeline.
struct Moments {
  double before_forward, after_forward, after_backward, after_step;
  bool ordered() const {
    return before_forward >= 0 && before_forward <= after_forward &&
           after_forward <= after_backward && after_backward <= after_step;
  }
};

/// The moment in which the factors were allocated, and the point before it; negative: none.
struct Clip {
  double before_ms = -1, end_ms = -1;
};

double positive(double ms) { return std::isfinite(ms) && ms > 0 ? ms : 0; }

bool ends_with(const std::string& text, const std::string& end) {
  return text.size() >= end.size() && text.compare(text.size() - end.size(), end.size(), end) == 0;
}

double snapshot_ms(const Record& record, const std::string& name, double otherwise) {
  const Timeline& timeline = record.memory.timeline;
  double found = otherwise;
  for (const Snapshot& s : record.snapshots) {
    const bool within = s.t_ns >= timeline.t_ns.front() && s.t_ns <= timeline.t_ns.back();
    if (within && ends_with(s.name, name)) found = since_begin_ms(timeline, s.t_ns);
  }
  return found;
}

Moments moments_of(const Record& record) {
  const Timeline& timeline = record.memory.timeline;
  return {snapshot_ms(record, "_before_forward", -1), snapshot_ms(record, "_after_forward", -1),
          snapshot_ms(record, "_after_backward", -1),
          snapshot_ms(record, "_after_step", since_begin_ms(timeline, timeline.t_ns.back()))};
}

/// Norms are there once backward began; what is added last are the factors made of them.
Clip clip_of(const Timeline& timeline, const Moments& m) {
  Clip clip;
  const auto norms = timeline.components.find("norms");
  if (norms == timeline.components.end()) return clip;
  const auto& bytes = norms->second;
  for (std::size_t i = 1; i < std::min(bytes.size(), timeline.t_ns.size()); ++i) {
    const double at = since_begin_ms(timeline, timeline.t_ns[i]);
    const bool grows = bytes[i] > bytes[i - 1] && bytes[i - 1] > 0;
    if (grows && at > m.after_forward && at < m.after_backward) {
      clip = {std::max(m.after_forward, since_begin_ms(timeline, timeline.t_ns[i - 1])), at};
    }
  }
  return clip;
}

std::size_t index_of(const std::vector<Phase>& phases, const std::string& name) {
  const auto found =
      std::find_if(phases.begin(), phases.end(), [&](const Phase& p) { return p.name == name; });
  return static_cast<std::size_t>(found - phases.begin());
}

/// Phases laid one after another.
class Track {
 public:
  Track(const std::vector<Phase>& phases, double begin_ms) : phases_(phases), at_(begin_ms) {}

  /// The phases before `last` that are not laid yet fill the time until `end_ms`.
  void fill(std::size_t last, double end_ms) {
    double sum = 0;
    for (std::size_t i = next_; i < last; ++i) sum += positive(phases_[i].ms);
    const double scale = sum > 0 ? (end_ms - at_) / sum : 0;
    for (; next_ < last; ++next_) {
      const Phase& phase = phases_[next_];
      const double end = at_ + scale * positive(phase.ms);
      spans_.push_back({phase.name, at_, end, phase.ms});
      at_ = end;
    }
    at_ = end_ms;
  }
  std::vector<HostPhase> spans() { return std::move(spans_); }

 private:
  const std::vector<Phase>& phases_;
  std::size_t next_ = 0;
  double at_;
  std::vector<HostPhase> spans_;
};

/// On a GPU the host waits for the norms before it makes the factors; that wait is clip's.
double clip_begin_ms(const Clip& clip, const Phase& phase, const Moments& m) {
  return std::max(m.after_forward, std::min(clip.before_ms, clip.end_ms - positive(phase.ms)));
}

std::vector<HostPhase> lay(const std::vector<Phase>& phases, const Moments& m, const Clip& clip) {
  const std::size_t i_clip = index_of(phases, "clip"), i_step = index_of(phases, "step");
  Track track(phases, m.before_forward);
  track.fill(1, m.after_forward);
  if (clip.end_ms >= 0 && i_clip > 1 && i_clip < i_step) {
    track.fill(i_clip, clip_begin_ms(clip, phases[i_clip], m));
    track.fill(i_clip + 1, clip.end_ms);
  }
  track.fill(i_step, m.after_backward);
  track.fill(phases.size(), m.after_step);
  return track.spans();
}

/// All phases that take turns as one.
std::vector<HostPhase> lay_turns(const std::vector<Phase>& phases, const Moments& m) {
  const std::size_t step = index_of(phases, "step");
  std::vector<Phase> merged = {{kPhasesOfEachSample, 0, 0}};
  for (std::size_t i = 0; i < step; ++i) merged[0].ms += positive(phases[i].ms);
  merged.insert(merged.end(), phases.begin() + static_cast<std::ptrdiff_t>(step), phases.end());
  Track track(merged, m.before_forward);
  track.fill(1, m.after_backward);
  track.fill(merged.size(), m.after_step);
  return track.spans();
}

}  // namespace

double since_begin_ms(const Timeline& timeline, std::int64_t t_ns) {
  return static_cast<double>(t_ns - timeline.t_ns.front()) * 1e-6;
}

std::vector<HostPhase> host_phases(const Record& record) {
  const Timeline& timeline = record.memory.timeline;
  if (timeline.t_ns.empty() || record.phases.empty()) return {};
  const Moments moments = moments_of(record);
  if (!moments.ordered() || index_of(record.phases, "forward") != 0) {
    Track track(record.phases, 0);
    track.fill(record.phases.size(), since_begin_ms(timeline, timeline.t_ns.back()));
    return track.spans();
  }
  if (record.config.schedule == "microbatch") return lay_turns(record.phases, moments);
  return lay(record.phases, moments, clip_of(timeline, moments));
}

}  // namespace clipbench::reporters
