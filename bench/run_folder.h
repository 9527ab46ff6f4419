// A run's folder: records, what happened when, and a summary that others can check.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "reporters/record.h"

namespace clipbench::bench {

/// What could be read of a folder's records; a broken one costs only itself.
struct StoredRecords {
  std::vector<reporters::Record> records;
  std::vector<std::string> broken;  ///< a line each
};

class RunFolder {
 public:
  /// An existing folder or one to be made.
  explicit RunFolder(const std::filesystem::path& path);

  /// results/runs/run_<time>, not yet there.
  static RunFolder fresh();
  /// results/runs/latest's target; empty path: there is none.
  static std::filesystem::path latest();
  static std::filesystem::path runs() { return "results/runs"; }

  /// Makes the folder and tries to write there. Throws UsageError with the line to show.
  void prepare() const;
  /// Throws UsageError where a folder of ours in it is a link: writing there would leave the run.
  void require_no_links() const;
  /// Throws std::system_error where the disk has no room for another record.
  void require_room() const;
  /// Removes half-written files of processes that were killed. Only with the folder's lock.
  void remove_leftovers() const;
  /// Lets `latest` point here, if the folder is one of results/runs.
  void become_latest() const;

  const std::filesystem::path& path() const { return path_; }
  bool holds_run() const;
  std::filesystem::path records() const { return path_ / "records"; }
  std::filesystem::path progress() const { return path_ / "progress.jsonl"; }
  std::filesystem::path record_path(const std::string& case_name, std::int64_t repetition) const;
  StoredRecords read_records() const;
  /// read_records(), or throws RecordError for the first broken one, saying that others are intact.
  std::vector<reporters::Record> intact_records() const;

 private:
  std::filesystem::path path_;
};

}  // namespace clipbench::bench
