#include "bench/forecast.h"

#include <cmath>
#include <cstdio>

namespace clipbench::bench {
namespace {

constexpr double kUsualSeconds = 8;  ///< a case of gpt2_tiny on two cores

}  // namespace

void Forecast::learn(const std::string& case_name, double seconds) { known_[case_name] = seconds; }

double Forecast::of(const std::string& case_name) const {
  if (const auto found = known_.find(case_name); found != known_.end()) return found->second;
  double sum = 0;
  for (const auto& [name, seconds] : known_) sum += seconds;
  return known_.empty() ? kUsualSeconds : sum / static_cast<double>(known_.size());
}

double Forecast::of(const std::vector<Case>& cases, std::int64_t repetitions) const {
  double sum = 0;
  for (const auto& one : cases) sum += of(one.name());
  return sum * static_cast<double>(repetitions);
}

std::string clock_text(double seconds) {
  const auto whole = static_cast<long>(std::lround(std::fmax(seconds, 0)));
  char text[32];
  if (whole >= 3600)
    std::snprintf(text, sizeof(text), "%ld:%02ld:%02ld", whole / 3600, whole / 60 % 60, whole % 60);
  else
    std::snprintf(text, sizeof(text), "%ld:%02ld", whole / 60, whole % 60);
  return text;
}

std::string about(double seconds) {
  const auto text = [](double value, const char* unit) {
    return "about " + std::to_string(std::lround(std::fmax(value, 1))) + unit;
  };
  if (seconds < 45) return text(seconds, " s");
  return seconds < 5400 ? text(seconds / 60, " min") : text(seconds / 3600, " h");
}

}  // namespace clipbench::bench
