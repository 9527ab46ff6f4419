#include "comparison/canary.h"

#include <cmath>

#include "comparison/statistics.h"
#include "reporters/text.h"

namespace clipbench::comparison {
namespace {

using reporters::fixed;

constexpr double kStill = 0.03;

std::vector<double> values_of(const std::vector<CanaryReading>& readings,
                              double CanaryReading::*member) {
  std::vector<double> values;
  for (const CanaryReading& reading : readings) values.push_back(reading.*member);
  return values;
}

double half_against_half(const std::vector<double>& values) {
  const auto middle = values.begin() + static_cast<std::ptrdiff_t>(values.size() / 2);
  return median({middle, values.end()}) / median({values.begin(), middle});
}

}  // namespace

Drift drift_of(const std::vector<CanaryReading>& readings) {
  Drift drift;
  if (readings.size() < 2) return drift;
  drift.gemm = half_against_half(values_of(readings, &CanaryReading::gemm_ms));
  drift.copy = half_against_half(values_of(readings, &CanaryReading::copy_ms));
  drift.drifted = std::abs(drift.gemm - 1) > kStill || std::abs(drift.copy - 1) > kStill;
  return drift;
}

std::string canary_line(const std::vector<CanaryReading>& readings) {
  if (readings.empty()) return "";
  const Drift drift = drift_of(readings);
  return "gemm " + fixed(median(values_of(readings, &CanaryReading::gemm_ms)), 2) + " ms, copy " +
         fixed(median(values_of(readings, &CanaryReading::copy_ms)), 2) +
         " ms; second half / first half " + fixed(drift.gemm, 3) + ", " + fixed(drift.copy, 3) +
         (drift.drifted ? ": the machine drifted; do not trust times without measuring again"
                        : ": the machine held still");
}

}  // namespace clipbench::comparison
