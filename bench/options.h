// What the user asked for on the command line, checked; defaults where silent.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "bench/cases/suite.h"
#include "bench/cases/worker_options.h"

namespace clipbench::bench {

/// Which cases.
struct SelectionOptions {
  std::string suite;   ///< empty: "default"
  std::string filter;  ///< regular expression on full names; a leading '-' negates
  std::string filter_flag = "--filter";  ///< as the user spelled it
  Selection lists;                       ///< devices without their number
  std::optional<int> device_index;       ///< of `cuda:1`
};

/// Where results go, and what a run does with cases.
struct RunOptions {
  std::string out, resume;
  bool resume_latest = false;
  std::int64_t repetitions = 0;  ///< 0: the suite's
  bool interleave = true;
  bool list_only = false, dry_run = false;
  double timeout_seconds = 900;
  bool strict = false, allow_busy = false;
};

enum class OutputFormat { console, json, csv };

/// How results are shown, mostly in Google Benchmark's terms.
struct OutputOptions {
  OutputFormat format = OutputFormat::console;
  std::string out_file;
  OutputFormat out_format = OutputFormat::json;
  std::string color = "auto";  ///< auto, true, false
  std::string time_unit = "ms";
  bool aggregates_only = false;  ///< in benchmark's JSON and CSV
  std::vector<std::pair<std::string, std::string>> context;
  int verbosity = 0;
  bool table = true;  ///< false: a run that is measured to be compared prints none of its own
};

/// What is judged, and where the judgement goes.
struct CompareOptions {
  std::string gate;  ///< memory, time or both; empty: memory where CI is set, else both
  std::string tolerance, markdown, junit, figure;  ///< files; empty: none
  std::string versus;                              ///< a method: compare inside one run
  bool builds = false;                             ///< words are builds, measured in turn
  bool until_decided = false;
  std::string name, reason;  ///< of a baseline to keep
};

struct Options {
  std::string verb = "run";
  std::vector<std::string> words;  ///< what follows the verb
  SelectionOptions selection;
  RunOptions run;
  OutputOptions output;
  CompareOptions comparing;
  WorkerOptions measuring;  ///< template for every worker
  bool max_seconds_given = false;
  std::vector<std::string> argv;    ///< as typed, without the program
  std::optional<std::string> text;  ///< of --help or --version: print it and end
};

/// Throws UsageError.
Options parse_options(const std::vector<std::string>& argv);

}  // namespace clipbench::bench
