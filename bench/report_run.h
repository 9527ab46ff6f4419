// The end of a run, and every redraw: files from records, the table on stdout, last lines on
// stderr.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "bench/options.h"
#include "bench/run_folder.h"
#include "reporters/context.h"
#include "reporters/record.h"
#include "reporters/run_reports.h"

namespace clipbench::bench {

/// Method order, this machine's processors; `date` of the run.
reporters::Context report_context(const std::string& date = "");

/// Writes all report files of the folder. Throws UsageError when the disk is full or the folder
/// can't be written.
reporters::Written write_run_reports(const RunFolder&, const std::vector<reporters::Record>&,
                                     const OutputOptions&);

/// The table alone, or benchmark's JSON or CSV, as --benchmark_format says.
void print_results(const RunFolder&, const std::vector<reporters::Record>&, const OutputOptions&);
/// --benchmark_out.
void write_results_file(const RunFolder&, const std::vector<reporters::Record>&,
                        const OutputOptions&);

/// Counts, where the figures are, what to do next: on stderr. Nothing written: they are as they
/// were.
void print_closing_lines(const RunFolder&, const std::vector<reporters::Record>&,
                         const std::optional<reporters::Written>&);

/// A line on stderr for every incorrect, crashed, timed out or invalid process.
void print_findings(const std::vector<reporters::Record>&);
/// 1 if there is a finding; with `strict`, also for out of memory and unsupported. Else 0.
int exit_code_of(const std::vector<reporters::Record>&, bool strict);

}  // namespace clipbench::bench
