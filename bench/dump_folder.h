// Where `--dump DIR` puts the cases' dumps (bench/worker/dump.h): a sub-folder each.
#pragma once

#include <filesystem>
#include <string>

namespace clipbench::bench {

std::filesystem::path dump_folder(const std::filesystem::path& dumps, const std::string& case_name);

/// A dump is there, whole: its meta.json is written last.
bool holds_dump(const std::filesystem::path& folder);

/// Makes the folder of all dumps. Throws UsageError, naming the flag, where it can't be written.
void prepare_dumps(const std::filesystem::path& dumps);

}  // namespace clipbench::bench
