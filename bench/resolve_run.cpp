#include "bench/resolve_run.h"

#include <algorithm>

#include "bench/cases/case.h"
#include "bench/exit_code.h"
#include "bench/run_folder.h"
#include "reporters/record_io.h"

namespace clipbench::bench {
namespace {

namespace fs = std::filesystem;

const fs::path kBaselines = "results/baselines";

/// Runs kept as results/baselines/<device>/<name>.
std::vector<fs::path> baselines() {
  std::vector<fs::path> found;
  std::error_code error;
  for (const auto& device : fs::directory_iterator(kBaselines, error))
    for (const auto& baseline : fs::directory_iterator(device.path(), error))
      if (fs::is_directory(baseline.path() / "records")) found.push_back(baseline.path());
  std::sort(found.begin(), found.end());
  return found;
}

/// "cpu/main, h200/main"
std::string joined_names(const std::vector<fs::path>& baselines) {
  std::string names;
  for (const auto& baseline : baselines)
    names += (names.empty() ? "" : ", ") + baseline.lexically_relative(kBaselines).string();
  return names;
}

std::vector<fs::path> baselines_named(const std::string& name) {
  auto found = baselines();
  std::erase_if(found, [&](const fs::path& baseline) { return baseline.filename() != name; });
  if (found.size() > 1)
    throw UsageError("\"" + name + "\" names several baselines; one of: " + joined_names(found));
  return found;
}

std::vector<fs::path> candidates(const std::string& run) {
  std::vector<fs::path> paths = {run};
  if (run == "latest") paths.insert(paths.begin(), RunFolder::latest());
  paths.push_back(RunFolder::runs() / run);
  paths.push_back(kBaselines / run);
  for (const auto& path : paths)
    if (fs::exists(path)) return paths;
  return baselines_named(run);
}

[[noreturn]] void refuse(const std::string& run) {
  if (run == "latest") throw NotUsable("no run yet; clipbench makes one");
  const std::string names = joined_names(baselines());
  throw NotUsable("no run \"" + run + "\": not a folder, a record, latest, or a baseline" +
                  (names.empty() ? "" : "; baselines: " + names));
}

}  // namespace

std::vector<reporters::Record> ResolvedRun::records() const {
  if (!is_folder) return {reporters::read_record(path)};
  auto records = RunFolder(path).intact_records();
  if (records.empty()) throw NotUsable(path.string() + ": no records there");
  return records;
}

fs::path baselines_folder() { return kBaselines; }

ResolvedRun resolve_run(const std::string& run) {
  std::error_code error;
  for (const auto& path : candidates(run)) {
    if (path.empty()) continue;
    if (fs::is_directory(path, error)) return {RunFolder(path).path(), true};
    if (fs::is_regular_file(path, error)) return {path, false};
  }
  refuse(run);
}

}  // namespace clipbench::bench
