// A program run to its end, without a shell.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

namespace clipbench::reporters {

struct Ran {
  bool found = true;     ///< false: no such program on PATH
  int status = 0;        ///< exit status; 128 + signal
  std::string messages;  ///< what it wrote to stderr
};

/// Runs argv[0] from PATH in `folder`, stdin and stdout at /dev/null. It is killed when we die.
Ran run_program(const std::vector<std::string>& argv, const std::filesystem::path& folder);

}  // namespace clipbench::reporters
