// Kernels against each other on one GPU: rounds in which each candidate has its turn, so that
// clocks and temperature are the same for all.
#pragma once

#include <functional>
#include <string>
#include <vector>

namespace clipbench::bench {

/// One way to do a piece of work. run(i) launches it on inputs that differ with i, so that nothing
/// is in the cache because it was used a moment ago.
struct Candidate {
  std::string name;
  double work;  ///< FLOPs or bytes of a run
  std::function<void(int)> run;
  std::function<double()> error = nullptr;  ///< relative, against f64; none: not shown
};

struct Timing {
  double ms;                ///< median of the rounds
  double ratio, low, high;  ///< to the first candidate in the same round: median, least, most
};

/// Each round runs a candidate often enough for about 6 ms of the first one's time.
std::vector<Timing> time_interleaved(const std::vector<Candidate>& candidates, int rounds = 7);

/// Times and prints a table; `unit` of work a picosecond: "TFLOP/s" or "TB/s".
void print_comparison(const std::string& title, const std::string& unit,
                      const std::vector<Candidate>& candidates);

}  // namespace clipbench::bench
