// RUN on the command line: a folder, a record, a baseline's name, or `latest`.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "reporters/record.h"

namespace clipbench::bench {

struct ResolvedRun {
  std::filesystem::path path;  ///< of the folder, or of the single record
  bool is_folder = true;

  /// Throws RecordError for a broken record, NotUsable where a folder has none.
  std::vector<reporters::Record> records() const;
};

/// Where baselines are kept: <device>/<name>.
std::filesystem::path baselines_folder();

/// Throws NotUsable naming what there is.
ResolvedRun resolve_run(const std::string& run);

}  // namespace clipbench::bench
