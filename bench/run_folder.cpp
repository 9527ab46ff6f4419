#include "bench/run_folder.h"

#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <ctime>
#include <system_error>

#include "bench/cases/case.h"
#include "bench/own_file.h"
#include "reporters/record_io.h"

namespace clipbench::bench {
namespace fs = std::filesystem;
namespace {

constexpr std::uintmax_t kRoomBytes = 8 << 20;  ///< a few times a large record

std::string stamp() {
  const std::time_t now = std::time(nullptr);
  char text[32];
  std::strftime(text, sizeof(text), "run_%Y%m%d_%H%M%S", std::localtime(&now));
  return text;
}

std::vector<fs::path> record_files(const fs::path& folder) {
  std::vector<fs::path> files;
  std::error_code ignored;
  for (const auto& entry : fs::directory_iterator(folder, ignored))
    if (entry.path().extension() == ".json") files.push_back(entry.path());
  std::sort(files.begin(), files.end());
  return files;
}

/// `name.tmp123`: write_file's, of process 123.
bool is_leftover(const fs::path& file) {
  const std::string name = file.filename().string();
  const auto mark = name.rfind(".tmp");
  return mark != std::string::npos && mark + 4 < name.size() &&
         name.find_first_not_of("0123456789", mark + 4) == std::string::npos;
}

reporters::Record read_own_record(const fs::path& file) {
  if (!is_own_file(file))
    throw reporters::RecordError(file.string() + ": a link or no regular file; not read");
  return reporters::read_record(file);
}

}  // namespace

RunFolder::RunFolder(const fs::path& path) : path_(path.lexically_normal()) {
  if (!path_.has_filename()) path_ = path_.parent_path();  // "run_x/"
}

RunFolder RunFolder::fresh() {
  const std::string name = stamp();
  fs::path path = runs() / name;
  for (int i = 2; fs::exists(path); ++i) path = runs() / (name + "_" + std::to_string(i));
  return RunFolder(path);
}

fs::path RunFolder::latest() {
  std::error_code error;
  const fs::path target = fs::read_symlink(runs() / "latest", error);
  return error || !fs::is_directory(runs() / target, error) ? fs::path() : runs() / target;
}

void RunFolder::prepare() const {
  require_no_links();
  try {
    fs::create_directories(records());
    reporters::write_file(path_ / ".writable", "");
    fs::remove(path_ / ".writable");
  } catch (const std::system_error& error) {
    throw UsageError(path_.string() + ": cannot be written: " + error.code().message());
  }
}

void RunFolder::require_no_links() const {
  std::error_code ignored;
  for (const char* name : {"records", "traces", "specification", "visualizations"})
    if (fs::is_symlink(fs::symlink_status(path_ / name, ignored)))
      throw UsageError((path_ / name).string() + ": a link, which would lead out of the run");
}

void RunFolder::require_room() const {
  std::error_code unknown;
  const fs::space_info space = fs::space(path_, unknown);
  if (unknown || space.capacity == 0 || space.available >= kRoomBytes) return;
  throw std::system_error(ENOSPC, std::generic_category(), path_.string());
}

void RunFolder::remove_leftovers() const {
  std::error_code ignored;
  std::vector<fs::path> found;
  for (const auto& entry : fs::recursive_directory_iterator(path_, ignored))
    if (is_leftover(entry.path()) && !entry.is_directory(ignored)) found.push_back(entry.path());
  for (const auto& file : found) fs::remove(file, ignored);
}

void RunFolder::become_latest() const {
  if (path_.parent_path() != runs()) return;
  std::error_code ignored;
  const fs::path link = runs() / (".latest." + std::to_string(getpid()));
  fs::create_directory_symlink(path_.filename(), link, ignored);
  fs::rename(link, runs() / "latest", ignored);  // atomic: `latest` always points somewhere
}

bool RunFolder::holds_run() const {
  return fs::exists(path_ / "run.json") || !record_files(records()).empty();
}

fs::path RunFolder::record_path(const std::string& case_name, std::int64_t repetition) const {
  const std::string number = repetition > 0 ? ".repetition-" + std::to_string(repetition) : "";
  return records() / (reporters::safe_name(case_name) + number + ".json");
}

StoredRecords RunFolder::read_records() const {
  StoredRecords stored;
  for (const auto& file : record_files(records())) {
    try {
      stored.records.push_back(read_own_record(file));
    } catch (const reporters::RecordError& error) {
      stored.broken.push_back(error.what());
    }
  }
  return stored;
}

std::vector<reporters::Record> RunFolder::intact_records() const {
  StoredRecords stored = read_records();
  if (!stored.broken.empty())
    throw reporters::RecordError(stored.broken.front() + "; the other " +
                                 std::to_string(stored.records.size()) +
                                 " are intact (--resume repeats this one)");
  return std::move(stored.records);
}

}  // namespace clipbench::bench
