#include "comparison/judge_time.h"

namespace clipbench::comparison {
namespace {

TimeJudgement measured(const ProcessTimes& times, const TimeRules& rules, std::size_t cases) {
  TimeJudgement out;
  out.base_processes = times.base_ms.size();
  out.new_processes = times.new_ms.size();
  out.base_ms = median(times.base_ms);
  out.new_ms = median(times.new_ms);
  out.ratio = out.new_ms / out.base_ms;
  out.delta = cliffs_delta(times.base_ms, times.new_ms);
  const auto rejectable = most_rejectable_cases(out.base_processes, out.new_processes, rules.alpha);
  out.attainable = rejectable >= cases;
  if (rejectable == 0) return out;
  out.p = mann_whitney_p(times.base_ms, times.new_ms);
  out.interval = bootstrap_ratio_interval(times.base_ms, times.new_ms, 1 - rules.alpha);
  return out;
}

Verdict verdict_of(const TimeJudgement& time, const TimeRules& rules) {
  if (!time.interval) return Verdict::ambiguous;
  const Interval& interval = *time.interval;
  const bool significant = time.adjusted_p <= rules.alpha;
  if (interval.low >= 1 - rules.equivalent && interval.high <= 1 + rules.equivalent)
    return Verdict::same;
  if (significant && interval.low > 1) return Verdict::regressed;
  if (significant && interval.high < 1) return Verdict::improved;
  return Verdict::ambiguous;
}

}  // namespace

std::vector<TimeJudgement> judge_times(const std::vector<ProcessTimes>& cases,
                                       const TimeRules& rules) {
  std::vector<TimeJudgement> judged;
  std::vector<double> p;
  for (const ProcessTimes& times : cases) {
    judged.push_back(measured(times, rules, cases.size()));
    p.push_back(judged.back().p);
  }
  const auto adjusted = holm(p);
  for (std::size_t i = 0; i < judged.size(); ++i) {
    judged[i].adjusted_p = adjusted[i];
    judged[i].verdict = verdict_of(judged[i], rules);
  }
  return judged;
}

}  // namespace clipbench::comparison
