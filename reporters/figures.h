// The three figures of a run: what a method adds, how memory moves through a step, memory against
// time.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "reporters/context.h"
#include "reporters/record.h"

namespace clipbench::reporters {

struct Figures {
  std::vector<std::filesystem::path> files;  ///< relative to the run folder: .dat, .gp, .pdf, .png
  int drawn = 0;                             ///< figures that exist as PDF and PNG
  double seconds = 0;
  std::string error;  ///< empty, or one line: "gnuplot not found; …"
};

/// gnuplot and pdftocairo on `name`.gp in `folder`: `name`.pdf and .png. "" or one line of what
/// went wrong.
std::string draw_figure(const std::filesystem::path& folder, const std::string& name);

/// Writes
/// visualizations/{memory_breakdown_comparison,memory_timeline,performance_tradeoff}.{dat,gp,pdf,png}.
/// The first group (model × size × dtype × device) has these names, a further one `<name>.<group>`.
/// Strings of records reach gnuplot as data only and never a shell. Nothing is drawn where no case
/// has numbers. Throws std::system_error when a .dat or .gp cannot be written; all else is in
/// `error`.
Figures draw(const std::filesystem::path& run_folder, const std::vector<Record>& records,
             const Context& context);

}  // namespace clipbench::reporters
