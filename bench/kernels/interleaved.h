// Kernels against each other on one device: rounds in which each candidate has its turn, so that
// clocks and temperature are the same for all.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "bench/kernels/heading.h"
#include "bench/kernels/table.h"

namespace clipbench::bench {

/// One way to do a piece of work. run(i) launches it on inputs that differ with i, so that nothing
/// is in the cache because it was used a moment ago.
struct Candidate {
  std::string name;
  double work;  ///< FLOPs or bytes of a run
  std::function<void(int)> run;
  std::function<double()> error = nullptr;  ///< relative, against f64; none: not shown
  std::string note = "";
};

struct Timing {
  double ms, least_ms, most_ms;  ///< of the rounds: median, least, most
  double ratio, low, high;       ///< to the first candidate in the same round: likewise
};

struct Pace {
  int rounds = 7;
  double ms_a_turn = 6;  ///< of the first candidate; at least three runs, on a CPU three
};
/// One more round, not counted, comes first. Each round begins with the next candidate, so that
/// none always follows the same one.
std::vector<Timing> time_interleaved(const std::vector<Candidate>& candidates, Pace pace = {});

/// Times, prints a table, and adds a row a candidate to measured(). `unit` of work a picosecond:
/// "TFLOP/s" or "TB/s".
std::vector<Timing> print_comparison(const Heading& heading, const std::string& unit,
                                     const std::vector<Candidate>& candidates, Pace pace = {});

/// The rows of this process's comparisons, in order.
const Table& measured();

}  // namespace clipbench::bench
