// Repetitions merged to cases, cases to groups: what tables and figures show. Pure.
#pragma once

#include <cstdint>
#include <limits>
#include <string>
#include <vector>

#include "reporters/context.h"
#include "reporters/record.h"

namespace clipbench::reporters {

/// One process: its median and the bootstrap 95 % interval. Several: the median of their medians,
/// and the lowest and highest (with five processes that is a 94 % interval of the median).
struct Spread {
  double median = std::numeric_limits<double>::quiet_NaN();
  double low = median, high = median;
  /// Half the interval relative to the median, in percent.
  double percent() const { return 50 * (high - low) / median; }
};

/// A case with all its processes. Points into the records given to group(): they must outlive it.
struct CaseSummary {
  std::string case_name, method;
  std::vector<const Record*> records;  ///< by repetition
  Status status = Status::ok;          ///< ok only if every process was
  std::string reason;                  ///< one line, with the status in front; empty when ok
  Spread step_ms;
  std::int64_t peak_allocated_bytes = 0;  ///< highest of the processes
  bool peaks_identical = true;

  bool ok() const { return status == Status::ok; }
  const Record& first() const { return *records.front(); }
};

/// One setting, all methods; vanilla first.
struct Group {
  std::string pattern;  ///< the case's name with `.*` for the method: a regex for --filter
  std::vector<CaseSummary> cases;
  /// Vanilla's summary if it has numbers, else nullptr.
  const CaseSummary* vanilla() const;
};

CaseSummary summarize(const std::vector<const Record*>& repetitions);
std::vector<Group> group(const std::vector<Record>& records, const Context& context);

/// `oom in backward: asked …`, `crashed: signal 11 (1 of 5 processes)`; one line.
std::string describe_status(const Record& record);

/// Components of the groups' cases at their peaks in the account's order, those that are 0
/// everywhere left out.
std::vector<std::string> components_in(const std::vector<CaseSummary>& cases);
std::int64_t bytes_at_peak(const Record& record, const std::string& component);

}  // namespace clipbench::reporters
