// SHA-256 (FIPS 180-4), for identities of binaries, data files and results.
#pragma once

#include <filesystem>
#include <string>
#include <string_view>

namespace clipbench::bench {

/// 64 lower-case hexadecimal digits.
std::string sha256(std::string_view bytes);

/// Of a file's contents. Throws std::system_error when it can't be read.
std::string sha256_file(const std::filesystem::path&);

}  // namespace clipbench::bench
