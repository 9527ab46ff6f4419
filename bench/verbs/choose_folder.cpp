#include "bench/verbs/choose_folder.h"

#include "bench/exit_code.h"
#include "bench/manifest.h"
#include "bench/resolve_run.h"

namespace clipbench::bench {
namespace {

RunFolder resumed_folder(const std::string& run) {
  const ResolvedRun resolved = resolve_run(run);
  const RunFolder folder(resolved.path);
  if (!resolved.is_folder || !folder.holds_run())
    throw NotUsable("--resume " + run + ": not a run's folder");
  return folder;
}

/// What the run was asked for. Throws where that is lost and the command line does not say it.
Manifest resumed_manifest(const Options& typed) {
  const RunFolder folder = resumed_folder(typed.run.resume);
  const Manifest manifest = read_manifest(folder);
  const SelectionOptions& selection = typed.selection;
  if (manifest.cases.empty() && selection.suite.empty() &&
      selection.filter == SelectionOptions().filter && selection.lists.models.empty())
    throw UsageError(
        (folder.path() / "run.json").string() +
        ": missing or unreadable, so what to run is unknown; repeat the flags that the "
        "run had (--suite, --filter or --model); its records are kept");
  return manifest;
}

RunFolder out_folder(const RunOptions& run, const std::string& run_key) {
  const RunFolder folder(run.out);
  const bool same = run.resume_latest && read_manifest(folder).key == run_key;
  if (same || !folder.holds_run()) return folder;
  throw UsageError("--out " + run.out + ": holds a run of another build, device or selection; " +
                   "--resume " + run.out + " goes on in it, or name another folder");
}

}  // namespace

RunFolder choose_folder(const RunOptions& run, const std::string& run_key) {
  if (!run.resume.empty()) return resumed_folder(run.resume);
  if (!run.out.empty()) return out_folder(run, run_key);
  const auto latest = RunFolder::latest();
  if (run.resume_latest && !latest.empty() && read_manifest(RunFolder(latest)).key == run_key)
    return RunFolder(latest);
  return RunFolder::fresh();
}

Options with_resumed_arguments(const Options& typed) {
  if (typed.run.resume.empty()) return typed;
  const Manifest manifest = resumed_manifest(typed);
  auto argv = manifest.argv;
  argv.insert(argv.end(), typed.argv.begin(), typed.argv.end());
  Options merged = parse_options(argv);
  merged.output.out_file = typed.output.out_file;  // a folder may be anybody's: it names no file
  merged.measuring.dump = typed.measuring.dump;
  merged.comparing = typed.comparing;
  merged.run.out.clear();
  merged.run.resume_latest = false;
  // "The best device" may be another one by now; the run stays on its own.
  if (merged.selection.lists.devices.empty() && !manifest.cases.empty())
    merged.selection.lists.devices = {parse_case(manifest.cases.front()).device};
  return merged;
}

}  // namespace clipbench::bench
