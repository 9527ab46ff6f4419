#include "comparison/compare.h"

#include <algorithm>
#include <cmath>
#include <set>
#include <unordered_map>

#include "comparison/comparable.h"
#include "comparison/judge_memory.h"
#include "reporters/case_summary.h"

namespace clipbench::comparison {
namespace {

using reporters::Record;
using reporters::Status;

/// A case with its processes, cases in the order in which they first appear.
struct Measured {
  std::string name;
  Records records;
};

class Run {
 public:
  explicit Run(const std::vector<Record>& records) {
    for (const Record& record : records) {
      const auto [found, is_new] = index_.try_emplace(record.case_name, cases_.size());
      if (is_new) cases_.push_back({record.case_name, {}});
      cases_[found->second].records.push_back(&record);
    }
  }
  const std::vector<Measured>& cases() const { return cases_; }
  const Measured* find(const std::string& name) const {
    const auto found = index_.find(name);
    return found == index_.end() ? nullptr : &cases_[found->second];
  }

 private:
  std::vector<Measured> cases_;
  std::unordered_map<std::string, std::size_t> index_;
};

/// A pair of cases to judge.
struct Pair {
  const Measured* base;
  const Measured* next;
};

/// Worse is higher. Findings are worse than a case that the device or the method cannot do.
int badness(Status status) {
  switch (status) {
    case Status::ok:
      return 0;
    case Status::oom:
    case Status::unsupported:
      return 1;
    default:
      return 2;
  }
}

/// Of the worst process.
struct CaseStatus {
  Status status = Status::ok;
  std::string text;
};

CaseStatus status_of(const Records& records) {
  CaseStatus worst;
  for (const Record* record : records)
    if (badness(record->status) > badness(worst.status))
      worst = {record->status, describe_status(*record)};
  return worst;
}

/// A finding in the new run is one, whatever base was.
Verdict status_verdict(Status base, Status next) {
  if (badness(next) == 2 || badness(next) > badness(base)) return Verdict::regressed;
  return badness(next) < badness(base) ? Verdict::improved : Verdict::same;
}

bool is_on_cpu(const Record& record) { return record.config.device == "cpu"; }

/// What others do on a shared machine only ever adds to a step, in bursts longer than a process:
/// its fastest step tells more than its median. A GPU is not shared.
double process_ms(const Record& record) {
  return is_on_cpu(record) ? record.time.step_ms.min : record.time.step_ms.median;
}

std::vector<double> process_times(const Records& records) {
  std::vector<double> times;
  for (const Record* record : records) {
    const double ms = process_ms(*record);
    if (std::isfinite(ms) && ms > 0) times.push_back(ms);
  }
  return times;
}

CaseComparison judged(const Pair& pair, const Rules& rules) {
  CaseComparison out;
  out.base_name = pair.base->name;
  out.name = pair.next->name;
  const CaseStatus before = status_of(pair.base->records), after = status_of(pair.next->records);
  out.status = status_verdict(before.status, after.status);
  out.base_status = before.text;
  out.new_status = after.text;
  if (before.status == Status::ok && after.status == Status::ok)
    out.memory = judge_memory(pair.base->records, pair.next->records, rules.tolerance.of(out.name));
  return out;
}

/// Times of all cases together: Holm's correction needs to know how many there are.
void add_times(const std::vector<Pair>& pairs, const TimeRules& rules,
               std::vector<CaseComparison>& cases) {
  std::vector<ProcessTimes> times;
  std::vector<CaseComparison*> owners;
  for (std::size_t i = 0; i < pairs.size(); ++i) {
    ProcessTimes one = {process_times(pairs[i].base->records),
                        process_times(pairs[i].next->records)};
    if (!cases[i].memory || one.base_ms.empty() || one.new_ms.empty()) continue;
    times.push_back(std::move(one));
    owners.push_back(&cases[i]);
  }
  const auto judgements = judge_times(times, rules);
  for (std::size_t i = 0; i < owners.size(); ++i) owners[i]->time = judgements[i];
}

std::vector<CaseComparison> judge(const std::vector<Pair>& pairs, const Rules& rules) {
  std::vector<CaseComparison> cases;
  for (const Pair& pair : pairs) cases.push_back(judged(pair, rules));
  add_times(pairs, rules.time, cases);
  return cases;
}

void require_comparable(const std::vector<Pair>& pairs) {
  for (const Pair& pair : pairs) {
    const auto why = why_incomparable(*pair.base->records.front(), *pair.next->records.front());
    if (!why.empty()) throw Incomparable(why);
  }
}

/// Each difference once, in the order found.
std::vector<std::string> noted_differences(const std::vector<Pair>& pairs) {
  std::vector<std::string> notes;
  for (const Pair& pair : pairs)
    for (auto& text : differences(*pair.base->records.front(), *pair.next->records.front()))
      if (std::find(notes.begin(), notes.end(), text) == notes.end())
        notes.push_back(std::move(text));
  return notes;
}

void note_unused(const Tolerance& tolerance, const std::vector<Pair>& pairs,
                 std::vector<std::string>& notes) {
  std::vector<std::string> names;
  for (const Pair& pair : pairs) names.push_back(pair.next->name);
  for (const auto& expression : tolerance.unused(names))
    notes.push_back("no case matches the tolerance for \"" + expression + "\"");
}

void note_fastest(const std::vector<Pair>& pairs, std::vector<std::string>& notes) {
  const auto is_shared = [](const Pair& pair) { return is_on_cpu(*pair.next->records.front()); };
  if (std::any_of(pairs.begin(), pairs.end(), is_shared))
    notes.push_back("a process's time on a CPU is its fastest step");
}

/// `model/method/rest` with another method.
std::string with_method(const std::string& name, const std::string& method) {
  const auto first = name.find('/');
  const auto second = name.find('/', first + 1);
  if (first == std::string::npos || second == std::string::npos) return name;
  return name.substr(0, first + 1) + method + name.substr(second);
}

}  // namespace

Comparison compare(const std::vector<Record>& base, const std::vector<Record>& next,
                   const Rules& rules) {
  const Run before(base), after(next);
  Comparison out;
  std::vector<Pair> pairs;
  for (const Measured& one : before.cases()) {
    if (const Measured* found = after.find(one.name))
      pairs.push_back({&one, found});
    else
      out.missing.push_back(one.name);
  }
  for (const Measured& one : after.cases())
    if (!before.find(one.name)) out.without_base.push_back(one.name);
  require_comparable(pairs);
  out.cases = judge(pairs, rules);
  out.notes = noted_differences(pairs);
  note_unused(rules.tolerance, pairs, out.notes);
  note_fastest(pairs, out.notes);
  return out;
}

Comparison compare_with_method(const std::vector<Record>& records, const std::string& method,
                               const Rules& rules) {
  const Run run(records);
  Comparison out;
  std::vector<Pair> pairs;
  std::set<std::string> missing;
  for (const Measured& one : run.cases()) {
    const std::string counterpart = with_method(one.name, method);
    if (counterpart == one.name) continue;
    if (const Measured* found = run.find(counterpart))
      pairs.push_back({found, &one});
    else
      missing.insert(counterpart);
  }
  require_comparable(pairs);
  out.missing.assign(missing.begin(), missing.end());
  out.cases = judge(pairs, rules);
  return out;
}

}  // namespace clipbench::comparison
