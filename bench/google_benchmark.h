// Google Benchmark as the engine of a run: fixtures, repetitions, random interleaving. The one file
// that knows the library's version (1.7 and 1.8 name skipped runs differently).
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

namespace clipbench::bench {

/// What one process of a case came to.
struct FixtureResult {
  double seconds = 0;  ///< of a step: what the library takes for the iteration's time
  std::string error;   ///< not empty: there is no time
};

/// A case as a benchmark: the body runs its worker process.
struct Fixture {
  std::string name;  ///< reported exactly so
  std::function<FixtureResult(std::int64_t repetition)> body;
};

struct FixtureSchedule {
  std::int64_t repetitions = 1;
  bool interleave = true;  ///< processes of all cases in random order
};

/// Calls every body `repetitions` times. `on_case` is called with a case's name once it is
/// complete.
void run_fixtures(const std::vector<Fixture>&, const FixtureSchedule&,
                  const std::function<void(const std::string& name)>& on_case = {});

}  // namespace clipbench::bench
