#include "comparison/looks.h"

#include <algorithm>

namespace clipbench::comparison {
namespace {

constexpr std::int64_t kProcesses[] = {7, 10, 14, 20};

}  // namespace

std::vector<Look> planned_looks(double alpha) {
  std::vector<Look> looks;
  std::int64_t before = 0;
  for (const std::int64_t processes : kProcesses) {
    const double share = static_cast<double>(processes - before) / 20;
    looks.push_back({processes, alpha * share});
    before = processes;
  }
  return looks;
}

bool is_decided(const Comparison& comparison) {
  return std::none_of(comparison.cases.begin(), comparison.cases.end(), [](const auto& one) {
    return one.time && one.time->verdict == Verdict::ambiguous;
  });
}

}  // namespace clipbench::comparison
