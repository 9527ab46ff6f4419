#include "bench/report_run.h"

#include <algorithm>
#include <cstdio>
#include <fstream>
#include <iterator>
#include <optional>
#include <system_error>

#include "bench/console_style.h"
#include "bench/exit_code.h"
#include "bench/file_path.h"
#include "bench/google_benchmark_output.h"
#include "bench/host.h"
#include "bench/methods/catalog.h"
#include "reporters/case_summary.h"
#include "reporters/console_table.h"
#include "reporters/record_io.h"

namespace clipbench::bench {
namespace {

using reporters::Record;
using reporters::Status;

bool is_finding(const Record& record, bool strict) {
  switch (record.status) {
    case Status::ok:
      return false;
    case Status::unsupported:
    case Status::oom:
      return strict;
    default:
      return true;
  }
}

std::string read_text(const std::filesystem::path& path) {
  std::ifstream file(path);
  return {std::istreambuf_iterator<char>(file), {}};
}

std::string results_text(OutputFormat format, const RunFolder& folder,
                         const std::vector<Record>& records, const OutputOptions& output,
                         const reporters::ConsoleOptions& style) {
  if (format == OutputFormat::console) return console_table(records, report_context(), style);
  const std::string json = adapted_json(read_text(folder.path() / "benchmark.json"), output);
  return format == OutputFormat::json ? json : as_csv(json);
}

bool changes_benchmark_json(const OutputOptions& output) {
  return !output.context.empty() || output.aggregates_only || output.time_unit != "ms";
}

/// The method that a reader will wonder about first: what failed, else the highest peak.
const Record* most_notable(const std::vector<Record>& records) {
  const Record* notable = nullptr;
  for (const auto& record : records) {
    if (record.status != Status::ok) return &record;
    if (record.config.method == "vanilla") continue;
    if (!notable || record.memory.peak_allocated_bytes > notable->memory.peak_allocated_bytes)
      notable = &record;
  }
  return notable;
}

std::string name_for_user(const RunFolder& folder) {
  return folder.path() == RunFolder::latest() ? "latest" : folder.path().string();
}

}  // namespace

reporters::Context report_context(const std::string& date) {
  const Host host = read_host();
  reporters::Context context;
  for (const auto& method : all_methods()) context.method_order.push_back(method.name);
  context.date = date;
  context.cpus = host.cores;
  context.mhz_per_cpu = host.mhz;
  return context;
}

reporters::Written write_run_reports(const RunFolder& folder, const std::vector<Record>& records,
                                     const OutputOptions& output) {
  folder.require_no_links();
  try {
    auto written = reporters::write_reports(folder.path(), records, report_context());
    const auto json = folder.path() / "benchmark.json";
    if (changes_benchmark_json(output))
      reporters::write_file(json, adapted_json(read_text(json), output));
    return written;
  } catch (const std::system_error& error) {
    throw UsageError(folder.path().string() + ": " + error.code().message() + "; " +
                     std::to_string(records.size()) +
                     " finished cases are safe; make room, then: " + program_as_typed() +
                     " --resume " + folder.path().string());
  }
}

void print_results(const RunFolder& folder, const std::vector<Record>& records,
                   const OutputOptions& output) {
  if (!output.table) return;
  const auto style = console_style(output.color);
  std::fflush(stderr);
  std::fputs(results_text(output.format, folder, records, output, style).c_str(), stdout);
  std::fflush(stdout);
}

void write_results_file(const RunFolder& folder, const std::vector<Record>& records,
                        const OutputOptions& output) {
  if (output.out_file.empty()) return;
  try {
    reporters::write_file(output.out_file,
                          results_text(output.out_format, folder, records, output, {}));
  } catch (const std::system_error& error) {
    throw UsageError("--benchmark_out " + output.out_file + ": " + error.code().message());
  }
}

void print_closing_lines(const RunFolder& folder, const std::vector<Record>& records,
                         const std::optional<reporters::Written>& written) {
  std::fprintf(stderr, "%s\n", reporters::closing_line(records).c_str());
  const std::string figures = folder.path().string() + "/visualizations/   ";
  if (!written)
    std::fprintf(stderr, "figures  %sunchanged\n", figures.c_str());
  else if (!written->figures.error.empty())
    std::fprintf(stderr, "figures  %s\n", written->figures.error.c_str());
  if (written && written->figures.drawn > 0)
    std::fprintf(stderr, "figures  %s%d figures (PDF, PNG), summary.txt   %.1f s\n",
                 figures.c_str(), written->figures.drawn, written->figures.seconds);
  if (const Record* notable = most_notable(records))
    std::fprintf(stderr, "next     %s show %s /%s/       %s\n", program_as_typed().c_str(),
                 name_for_user(folder).c_str(), notable->config.method.c_str(),
                 notable->status == Status::ok ? "why that peak" : "what happened");
}

void print_findings(const std::vector<Record>& records) {
  for (const auto& record : records)
    if (is_finding(record, false))
      std::fprintf(stderr, "clipbench: %s: %s\n", record.case_name.c_str(),
                   reporters::describe_status(record).c_str());
}

int exit_code_of(const std::vector<Record>& records, bool strict) {
  return std::any_of(records.begin(), records.end(),
                     [&](const Record& record) { return is_finding(record, strict); })
             ? kFinding
             : kPass;
}

}  // namespace clipbench::bench
