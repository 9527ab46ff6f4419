// What the parent tells a worker: one case, how to measure it, where the record goes.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace clipbench::bench {

struct WorkerOptions {
  std::string case_name;
  std::string record;  ///< file to write; empty: none
  std::int64_t repetition = 0;
  std::string key;  ///< copied into the record

  std::int64_t min_warmup_steps = 3;
  std::int64_t min_samples = 10;  ///< 5 where a step takes more than a second
  std::int64_t max_samples = 100;
  double max_seconds = 30;          ///< of the timed pass
  double min_seconds = 0;           ///< sample at least this long (`--benchmark_min_time=2s`)
  double min_warmup_seconds = 0;    ///< warm up at least this long (`--benchmark_min_warmup_time`)
  double target_half_width = 0.01;  ///< of the median's 95 % interval, relative
  std::int64_t fixed_steps = 0;     ///< > 0: exactly this many samples (`--benchmark_min_time=5x`)
  std::int64_t recorded_iterations = 3;

  std::string data;          ///< file to train on; empty: seeded Zipf tokens
  bool fixed_batch = false;  ///< every step trains on the first batch
  std::string dump;          ///< folder for a step laid open (bench/worker/dump.h); empty: none
  std::int64_t threads = 0;  ///< 0: LibTorch's default
  bool verify = true;
  bool verify_only = false;
  bool keep_host = false;         ///< keep paths and the host's name in the record
  std::vector<std::string> argv;  ///< the parent's, for the record

  /// The command line that parse() reads back; without the program's name.
  std::vector<std::string> to_argv() const;
  /// Throws UsageError (bench/cases/case.h).
  static WorkerOptions parse(const std::vector<std::string>& argv);
};

}  // namespace clipbench::bench
