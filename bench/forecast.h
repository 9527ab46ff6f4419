// How long the rest of a run will take: from earlier runs where a case is known, else from this
// run's mean.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "bench/cases/case.h"

namespace clipbench::bench {

class Forecast {
 public:
  /// `known`: seconds by case's name.
  explicit Forecast(std::map<std::string, double> known) : known_(std::move(known)) {}

  void learn(const std::string& case_name, double seconds);
  double of(const std::string& case_name) const;
  double of(const std::vector<Case>& cases, std::int64_t repetitions) const;

 private:
  std::map<std::string, double> known_;
};

/// 0:41, 2:10, 1:02:03
std::string clock_text(double seconds);
/// "about 20 s", "about 1 min", "about 3 h"
std::string about(double seconds);

}  // namespace clipbench::bench
