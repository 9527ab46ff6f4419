// run.json: what a run was, and the hash of every file it left.
#pragma once

#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include "bench/options.h"
#include "bench/plan.h"
#include "bench/run_folder.h"
#include "reporters/record.h"

namespace clipbench::bench {

struct Manifest {
  std::vector<std::string> argv;  ///< what --resume goes on with
  std::string suite, key, device;
  std::string status = "running";  ///< running, complete, interrupted
  std::string started_utc, ended_utc;
  std::vector<std::string> cases;
  std::int64_t repetitions = 1;
  std::map<std::string, std::int64_t> statuses;  ///< status → processes
  std::map<std::string, std::string> context;    ///< --benchmark_context
  std::map<std::string, std::string> files;      ///< path in the folder → SHA-256
  std::string reason;  ///< of a baseline: why it was accepted; empty in other runs

  void count(const std::vector<reporters::Record>&);
};

/// Atomic. Throws std::system_error.
void write_manifest(const RunFolder&, const Manifest&);
/// An empty one where there is none, or where it can't be read.
Manifest read_manifest(const RunFolder&);

/// Adds or replaces `reason` in run.json and leaves all else as it is. Throws std::system_error.
void add_reason(const RunFolder&, const std::string& reason);

/// Every file of the folder but run.json.
std::map<std::string, std::string> hash_files(const RunFolder&);

}  // namespace clipbench::bench
