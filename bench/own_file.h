// Reading in a run's folder, which may come from anybody: links and pipes are not followed.
#pragma once

#include <filesystem>
#include <optional>
#include <string>

namespace clipbench::bench {

/// A regular file itself, no link to one.
bool is_own_file(const std::filesystem::path&);

/// Its text; nothing where it is missing, can't be read or is no own file.
std::optional<std::string> read_own_file(const std::filesystem::path&);

}  // namespace clipbench::bench
