// A run becomes a baseline: a copy under results/baselines/<device>/<name>, with its reason.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "bench/run_folder.h"
#include "reporters/record.h"

namespace clipbench::bench {

/// The folder of a device's baselines: `cpu`, or of a GPU's name what tells it from others:
/// "NVIDIA H200" -> `h200`. Never a path separator.
std::string device_folder(const reporters::Record&);

/// Why these records are no baseline, one line: a finding among them, several devices, not a
/// Release build; empty: they are one.
std::string why_no_baseline(const std::vector<reporters::Record>&);

struct KeptBaseline {
  std::filesystem::path path;
  bool replaced = false;
  std::string former_reason;  ///< of the replaced one; may be empty
};

/// Copies the whole run beside its place and then swaps it in: a baseline of that name is there
/// before and after, also if this is interrupted before the swap. Throws UsageError where a name is
/// no file name or the folder can't be written.
KeptBaseline keep_baseline(const RunFolder& run, const std::vector<reporters::Record>&,
                           const std::string& name, const std::string& reason);

}  // namespace clipbench::bench
