// Records as JSON: text, files, folders.
#pragma once

#include <filesystem>
#include <stdexcept>
#include <string>

#include <nlohmann/json_fwd.hpp>

#include "reporters/record.h"

namespace clipbench::reporters {

/// A file that is no record; what() is one line: path, what is wrong, where.
struct RecordError : std::runtime_error {
  using std::runtime_error::runtime_error;
};

/// The whole record, with the specification's object under "specification". Non-finite numbers
/// become null.
nlohmann::json to_json(const Record&);
/// The object of SPEC: experiment, peak_memory_mb (MiB), avg_time_ms, breakdown, snapshots, config.
nlohmann::json specification_json(const Record&);
/// Throws RecordError with `origin` in front of the reason.
Record record_from(const nlohmann::json&, const std::string& origin);
/// Says also where text that is no JSON breaks off. Throws RecordError.
Record record_from_text(const std::string& text, const std::string& origin);

/// Atomic: temporary file in the same folder, fsync, rename. Throws std::system_error.
void write_file(const std::filesystem::path&, const std::string& text);
void write_record(const std::filesystem::path&, const Record&);
/// Throws RecordError.
Record read_record(const std::filesystem::path&);

/// `gpt2_small/ghost/T:1024/B:16/bf16/cuda` → `gpt2_small.ghost.T-1024.B-16.bf16.cuda`; never a
/// path separator.
std::string safe_name(const std::string& case_name);

}  // namespace clipbench::reporters
