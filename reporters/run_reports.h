// All files of a run folder that are made from its records: one call after a run, and again to
// redraw.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "reporters/context.h"
#include "reporters/figures.h"
#include "reporters/record.h"

namespace clipbench::reporters {

struct Written {
  std::vector<std::filesystem::path> files;  ///< relative to the run folder, in the order written
  Figures figures;
};

/// Writes index.tsv, table.csv, long.csv, benchmark.json, tables.tex, macros.tex, the
/// specification's JSON, traces/*.json, visualizations/summary.txt and the figures; everything in a
/// run folder but run.json, progress.jsonl and records/. Empty `records` are fine. Throws
/// std::system_error when a file cannot be written; a figure that fails is in
/// Written::figures.error and stops nothing else.
Written write_reports(const std::filesystem::path& run_folder, const std::vector<Record>& records,
                      const Context& context);

}  // namespace clipbench::reporters
