// progress.jsonl: what happened in a run, a line an event, appended and never rewritten.
#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <string>

#include "reporters/record.h"

namespace clipbench::bench {

class ProgressLog {
 public:
  explicit ProgressLog(std::filesystem::path file) : file_(std::move(file)) {}

  void run_started(const std::string& run_key) const;
  void case_started(const std::string& case_name, std::int64_t repetition) const;
  void case_finished(const reporters::Record&, double seconds) const;
  void case_reused(const std::string& case_name, std::int64_t repetition) const;
  void run_ended(const std::string& status) const;

  /// The case that was started last and never finished; "" where there is none.
  std::string unfinished_case() const;
  /// How long each case took when it ran last. Lines that can't be read are passed over.
  std::map<std::string, double> seconds_by_case() const;

 private:
  std::filesystem::path file_;
};

}  // namespace clipbench::bench
