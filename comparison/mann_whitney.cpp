// The U test of Mann and Whitney (1947).
#include <algorithm>
#include <cmath>

#include "comparison/statistics.h"

namespace clipbench::comparison {
namespace {

using Values = std::vector<double>;

/// Counts of arrangements stay below 2^53 up to here, so doubles hold them exactly.
constexpr std::size_t kMostExact = 50;

/// Pairs that `next` wins; a tie is half a win.
double u_statistic(const Values& base, const Values& next) {
  double wins = 0;
  for (const double b : base)
    for (const double n : next) wins += n > b ? 1 : n == b ? 0.5 : 0;
  return wins;
}

/// Sum of t^3 - t over groups of t equal values; 0: no ties.
double tie_term(const Values& base, const Values& next) {
  Values all = base;
  all.insert(all.end(), next.begin(), next.end());
  std::sort(all.begin(), all.end());
  double sum = 0;
  for (auto begin = all.begin(); begin != all.end();) {
    const auto end = std::upper_bound(begin, all.end(), *begin);
    const auto equal = static_cast<double>(end - begin);
    sum += equal * equal * equal - equal;
    begin = end;
  }
  return sum;
}

/// Arrangements by their U, all equally likely if the groups don't differ: the coefficients of
/// Gauss's binomial, the product over i = 1…n of (1 - q^(m+i)) / (1 - q^i).
Values arrangements_by_u(std::size_t n, std::size_t m) {
  Values counts(n * m + 1, 0);
  counts[0] = 1;
  for (std::size_t i = 1; i <= n; ++i) {
    for (std::size_t u = counts.size(); u-- > m + i;) counts[u] -= counts[u - m - i];
    for (std::size_t u = i; u < counts.size(); ++u) counts[u] += counts[u - i];
  }
  return counts;
}

double exact_p(double higher_u, std::size_t n, std::size_t m) {
  const Values counts = arrangements_by_u(n, m);
  double as_extreme = 0, all = 0;
  for (std::size_t u = 0; u < counts.size(); ++u) {
    all += counts[u];
    if (static_cast<double>(u) >= higher_u) as_extreme += counts[u];
  }
  return std::min(1.0, 2 * as_extreme / all);
}

double approximate_p(double higher_u, double n, double m, double ties) {
  const double all = n + m;
  const double variance = n * m / 12 * (all + 1 - ties / (all * (all - 1)));
  if (variance <= 0) return 1;  // all values are equal
  const double z = (higher_u - n * m / 2 - 0.5) / std::sqrt(variance);
  return std::min(1.0, std::erfc(z / std::sqrt(2.0)));
}

}  // namespace

double mann_whitney_p(const Values& base, const Values& next) {
  const double pairs = static_cast<double>(base.size() * next.size());
  const double u = u_statistic(base, next);
  const double higher_u = std::max(u, pairs - u);
  const double ties = tie_term(base, next);
  if (ties == 0 && base.size() + next.size() <= kMostExact)
    return exact_p(higher_u, base.size(), next.size());
  return approximate_p(higher_u, static_cast<double>(base.size()), static_cast<double>(next.size()),
                       ties);
}

}  // namespace clipbench::comparison
