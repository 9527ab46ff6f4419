#include "bench/own_file.h"

#include <fstream>
#include <iterator>
#include <system_error>

namespace clipbench::bench {
namespace fs = std::filesystem;

bool is_own_file(const fs::path& path) {
  std::error_code ignored;
  return fs::symlink_status(path, ignored).type() == fs::file_type::regular;
}

std::optional<std::string> read_own_file(const fs::path& path) {
  if (!is_own_file(path)) return std::nullopt;
  std::ifstream file(path, std::ios::binary);
  if (!file) return std::nullopt;
  return std::string{std::istreambuf_iterator<char>(file), {}};
}

}  // namespace clipbench::bench
