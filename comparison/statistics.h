// What two groups of processes say about each other: pure functions of their times.
//
// Values are finite and positive; a group is not empty unless a function says so. Definitions are
// those of scipy.stats, whose values the tests hold.
#pragma once

#include <cstddef>
#include <vector>

namespace clipbench::comparison {

struct Interval {
  double low = 0, high = 0;
  bool contains(double value) const { return low <= value && value <= high; }
};

double median(std::vector<double> values);

/// Percentile bootstrap of median(next) / median(base): both groups are drawn anew, 2000 times,
/// with a fixed seed (equal groups, equal interval).
Interval bootstrap_ratio_interval(const std::vector<double>& base, const std::vector<double>& next,
                                  double confidence);

/// Two-sided p of the Mann-Whitney U test. Exact where no values tie and both groups together have
/// at most 50; else the normal approximation with corrections for ties and continuity.
double mann_whitney_p(const std::vector<double>& base, const std::vector<double>& next);

/// The smallest p that groups of these sizes can give: 2 / C(n + m, n).
double least_p(std::size_t base_count, std::size_t next_count);

/// In how many cases Holm's correction leaves that smallest p at most `alpha`: 6 for 5 against 5,
/// 85 for 7 against 7, at 0.05; never more than 10⁹.
std::size_t most_rejectable_cases(std::size_t base_count, std::size_t next_count, double alpha);

/// Holm's step-down adjustment: compare each with alpha itself. Empty is fine.
std::vector<double> holm(const std::vector<double>& p);

/// P(next > base) - P(next < base), from -1 to 1; Cliff 1993.
double cliffs_delta(const std::vector<double>& base, const std::vector<double>& next);

}  // namespace clipbench::comparison
