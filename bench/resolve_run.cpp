#include "bench/resolve_run.h"

#include <algorithm>

#include "bench/exit_code.h"
#include "bench/run_folder.h"
#include "reporters/record_io.h"

namespace clipbench::bench {
namespace {

namespace fs = std::filesystem;

const fs::path kBaselines = "results/baselines";

/// Names under results/baselines/<device>/, with their folders.
std::vector<fs::path> baselines() {
  std::vector<fs::path> found;
  std::error_code error;
  for (const auto& device : fs::directory_iterator(kBaselines, error))
    for (const auto& baseline : fs::directory_iterator(device.path(), error))
      if (baseline.is_directory()) found.push_back(baseline.path());
  std::sort(found.begin(), found.end());
  return found;
}

std::vector<fs::path> candidates(const std::string& run) {
  std::vector<fs::path> paths = {run};
  if (run == "latest") paths.insert(paths.begin(), RunFolder::latest());
  paths.push_back(RunFolder::runs() / run);
  paths.push_back(kBaselines / run);
  for (const auto& baseline : baselines())
    if (baseline.filename() == run) paths.push_back(baseline);
  return paths;
}

[[noreturn]] void refuse(const std::string& run) {
  if (run == "latest") throw NotUsable("no run yet; clipbench makes one");
  std::string names;
  for (const auto& baseline : baselines())
    names += (names.empty() ? "" : ", ") + baseline.filename().string();
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
