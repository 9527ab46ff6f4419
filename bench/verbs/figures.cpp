// Figures, tables and summary of a run again, from its records; no device is needed.
#include "bench/exit_code.h"
#include "bench/file_path.h"
#include "bench/manifest.h"
#include "bench/report_run.h"
#include "bench/resolve_run.h"
#include "bench/verbs/verb.h"

namespace clipbench::bench {
namespace {

void renew_manifest(const RunFolder& folder) {
  Manifest manifest = read_manifest(folder);
  if (manifest.status == "running") return;  // a run is still writing there, or was killed
  manifest.files = hash_files(folder);
  write_manifest(folder, manifest);
}

}  // namespace

int figures_verb(const Options& options) {
  const std::string run = options.words.empty() ? "latest" : options.words.front();
  const ResolvedRun resolved = resolve_run(run);
  if (!resolved.is_folder) throw UsageError("figures " + run + ": a run's folder is needed");
  const auto records = resolved.records();
  const RunFolder folder(resolved.path);
  const auto written = write_run_reports(folder, records, options.output);
  renew_manifest(folder);
  print_results(folder, records, options.output);
  print_closing_lines(folder, records, written);
  return written.figures.error.empty() ? kPass : kNotUsable;
}

}  // namespace clipbench::bench
