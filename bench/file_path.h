// Where our own files lie.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

namespace clipbench::bench {

/// This program's own file.
std::filesystem::path own_binary();
/// `clipbench-worker` beside it, or what the environment variable CLIPBENCH_WORKER names (tests put
/// a stand-in there). Throws NotUsable when there is none.
std::filesystem::path worker_binary();

/// How the user called this program, for advice on what to type next.
std::string program_as_typed();

/// argv for records: paths lose their folders, so that no user or machine shows.
std::vector<std::string> without_folders(const std::vector<std::string>& argv);
/// Text of another program for records: one line, absolute paths reduced to their last component.
std::string without_paths(const std::string& text);

/// 2026-11-22T15:03:12Z
std::string utc_now();

}  // namespace clipbench::bench
