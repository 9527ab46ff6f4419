// Keeps a run as a baseline, with the reason why its numbers are the ones to hold.
#include <algorithm>
#include <cstdio>

#include "bench/exit_code.h"
#include "bench/file_path.h"
#include "bench/keep_baseline.h"
#include "bench/manifest.h"
#include "bench/resolve_run.h"
#include "bench/verbs/verb.h"

namespace clipbench::bench {
namespace {

void require_words(const CompareOptions& comparing) {
  if (comparing.name.empty()) throw UsageError("accept: --as NAME is needed");
  if (comparing.reason.find_first_not_of(" \t\n") == std::string::npos)
    throw UsageError("accept: --reason TEXT is needed: who looks at a changed baseline asks why");
}

void print_kept(const KeptBaseline& kept, std::size_t processes) {
  std::fprintf(stderr, "kept     %s   %zu processes; with its history: git add %s\n",
               kept.path.c_str(), processes, kept.path.c_str());
  if (kept.replaced)
    std::fprintf(
        stderr, "replaced the former one%s\n",
        kept.former_reason.empty() ? "" : (", kept because: " + kept.former_reason).c_str());
  std::fprintf(stderr, "next     %s compare %s       measure its cases now, judge them\n",
               program_as_typed().c_str(),
               kept.path.lexically_relative(baselines_folder()).c_str());
}

}  // namespace

int accept_verb(const Options& options) {
  require_words(options.comparing);
  const std::string run = options.words.empty() ? "latest" : options.words.front();
  const ResolvedRun resolved = resolve_run(run);
  if (!resolved.is_folder) throw UsageError("accept " + run + ": a run's folder is needed");
  const RunFolder folder(resolved.path);
  const auto records = resolved.records();
  const Manifest manifest = read_manifest(folder);
  if (manifest.status != "complete")
    throw NotUsable(run + " is no baseline: the run is not complete; --resume goes on in it");
  if (std::find(manifest.argv.begin(), manifest.argv.end(), "--keep-host") != manifest.argv.end())
    throw NotUsable(run + " is no baseline: it was measured with --keep-host");
  if (const std::string why = why_no_baseline(records); !why.empty())
    throw NotUsable(run + " is no baseline: " + why);
  const KeptBaseline kept =
      keep_baseline(folder, records, options.comparing.name, options.comparing.reason);
  print_kept(kept, records.size());
  return kPass;
}

}  // namespace clipbench::bench
