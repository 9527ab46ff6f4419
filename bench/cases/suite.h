// Which cases a run has: named suites, and lists that multiply.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "bench/cases/case.h"

namespace clipbench::bench {

/// Lists that multiply to cases. An empty list of sizes or dtypes stands for the model's own size
/// and the device's own dtype (f32 on the CPU, bf16 on CUDA).
struct Selection {
  std::vector<std::string> models, methods, dtypes, devices;
  std::vector<std::int64_t> seqs, batches;
  std::map<std::string, std::vector<std::string>> knobs;

  /// By model, size, dtype, knobs, device and, innermost, method. Throws UsageError for unknown
  /// names.
  std::vector<Case> product() const;
  /// Lists of `other` that are not empty take the place of ours.
  Selection overridden_by(const Selection& other) const;
};

struct Suite {
  const char* name;
  const char* description;
  std::int64_t repetitions;
  double max_seconds;  ///< of a case's timed pass
  Selection (*selection)(const std::string& device);
};

const std::vector<Suite>& all_suites();
/// Throws UsageError listing the possible names.
const Suite& find_suite(const std::string& name);

}  // namespace clipbench::bench
