#include "bench/keep_baseline.h"

#include <unistd.h>

#include <algorithm>
#include <cctype>
#include <system_error>

#include "bench/cases/case.h"
#include "bench/manifest.h"
#include "bench/resolve_run.h"
#include "reporters/case_summary.h"

namespace clipbench::bench {
namespace {

namespace fs = std::filesystem;
using reporters::Record;
using reporters::Status;

bool is_result(Status status) {
  return status == Status::ok || status == Status::oom || status == Status::unsupported;
}

std::string file_name_of(const std::string& device_name) {
  std::string name;
  for (const unsigned char c : device_name)
    name += std::isalnum(c) ? static_cast<char>(std::tolower(c)) : '-';
  if (name.starts_with("nvidia-")) name.erase(0, 7);
  return name.empty() ? "cuda" : name;
}

void require_file_name(const std::string& name) {
  const bool plain = std::all_of(name.begin(), name.end(), [](unsigned char c) {
    return std::isalnum(c) || c == '_' || c == '-' || c == '.';
  });
  if (name.empty() || !plain || name.front() == '.' || name.size() > 100)
    throw UsageError("--as '" + name +
                     "': letters, digits, '_', '-' and '.' are possible, and no " +
                     "'.' at the front");
}

/// The new one takes the old one's place; there is a moment without either name only between two
/// renames.
void swap_in(const fs::path& fresh, const fs::path& place, bool replaces) {
  const fs::path former = place.string() + ".former" + std::to_string(getpid());
  if (replaces) fs::rename(place, former);
  fs::rename(fresh, place);
  if (replaces) fs::remove_all(former);
}

}  // namespace

std::string device_folder(const Record& record) {
  return record.config.device == "cpu" ? "cpu" : file_name_of(record.environment.device_name);
}

std::string why_no_baseline(const std::vector<Record>& records) {
  for (const Record& record : records) {
    if (!is_result(record.status)) return record.case_name + " is " + describe_status(record);
    if (device_folder(record) != device_folder(records.front()))
      return "it was measured on several devices, " + device_folder(records.front()) + " and " +
             device_folder(record);
    if (record.status == Status::ok && record.environment.build_type != "Release")
      return "its build type is \"" + record.environment.build_type + "\", not Release";
  }
  return "";
}

KeptBaseline keep_baseline(const RunFolder& run, const std::vector<Record>& records,
                           const std::string& name, const std::string& reason) {
  require_file_name(name);
  const fs::path parent = baselines_folder() / device_folder(records.front());
  KeptBaseline kept;
  kept.path = parent / name;
  const fs::path fresh = parent / ("." + name + ".tmp" + std::to_string(getpid()));
  try {
    fs::create_directories(parent);
    kept.replaced = fs::exists(kept.path);
    if (kept.replaced) kept.former_reason = read_manifest(RunFolder(kept.path)).reason;
    fs::copy(run.path(), fresh, fs::copy_options::recursive | fs::copy_options::skip_symlinks);
    add_reason(RunFolder(fresh), reason);
    swap_in(fresh, kept.path, kept.replaced);
  } catch (const std::system_error& error) {
    std::error_code ignored;
    fs::remove_all(fresh, ignored);
    throw UsageError(kept.path.string() + ": cannot be written: " + error.code().message());
  }
  return kept;
}

}  // namespace clipbench::bench
