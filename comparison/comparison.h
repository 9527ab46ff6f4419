// What a comparison says: plain data, made by compare(), shown by the reports. Bytes are integers,
// times milliseconds, ratios new / base.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "comparison/statistics.h"

namespace clipbench::comparison {

enum class Verdict { same, improved, ambiguous, tolerated, regressed, nondeterministic };
const char* to_string(Verdict);

/// Which verdicts decide whether a comparison passes. A lost status (ok, then OOM) always does.
enum class Gate { memory, time, both };
const char* to_string(Gate);

struct ComponentChange {
  std::string component;
  std::int64_t bytes = 0;  ///< new - base, at the two peaks
};

struct MemoryJudgement {
  Verdict verdict = Verdict::same;
  std::int64_t base_bytes = 0, new_bytes = 0;  ///< highest allocated peak of the processes
  std::optional<std::int64_t> base_reserved_bytes, new_reserved_bytes;
  std::string base_phase, new_phase;   ///< where the peak is
  std::vector<ComponentChange> moved;  ///< at most three, the largest change first
  std::string varies;                  ///< why it is nondeterministic: "in NEW: 3 to 4 bytes"
  std::string tolerated_because;

  std::int64_t growth_bytes() const { return new_bytes - base_bytes; }
};

struct TimeJudgement {
  Verdict verdict = Verdict::ambiguous;
  std::size_t base_processes = 0, new_processes = 0;
  double base_ms = 0, new_ms = 0;    ///< medians of the processes' times
  double ratio = 1;                  ///< of these
  std::optional<Interval> interval;  ///< of the ratio; none with too few processes for one
  double p = 1, adjusted_p = 1;      ///< Mann-Whitney, and Holm's over all cases
  double delta = 0;                  ///< Cliff's; above 0: the new processes are slower
  bool attainable = false;           ///< so many processes could be significant in so many cases
};

/// A case's name taken apart for tables.
struct NameParts {
  std::string pattern;  ///< with `.*` for the method: a regex for --filter
  std::string method;
};
NameParts split_name(const std::string& case_name);

/// One case of both runs.
struct CaseComparison {
  std::string base_name, name;  ///< differ only where methods are compared
  /// Statuses first: memory and time are judged only where both are ok.
  Verdict status = Verdict::same;
  std::string base_status, new_status;  ///< one line; empty: ok
  std::optional<MemoryJudgement> memory;
  std::optional<TimeJudgement> time;
};

struct Comparison {
  std::vector<CaseComparison> cases;      ///< in the order of base
  std::vector<std::string> missing;       ///< cases of base that the new run lacks
  std::vector<std::string> without_base;  ///< cases of the new run that base lacks
  std::vector<std::string> notes;         ///< what else to know: "torch 2.10 -> 2.11"
};

/// The verdict that the gate asks about fails this case.
bool is_finding(const CaseComparison&, Gate);
std::size_t count_findings(const Comparison&, Gate);

/// Groups (a name but for its method) in the order in which they first appear, in each vanilla
/// first and then methods as in `method_order`; others keep their places behind them.
void sort_cases(Comparison&, const std::vector<std::string>& method_order);

}  // namespace clipbench::comparison
