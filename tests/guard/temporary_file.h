// A file's name in a folder that goes with the test.
#pragma once

#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>

namespace clipbench::guard {

struct TemporaryFile {
  TemporaryFile() {
    std::string folder = (std::filesystem::temp_directory_path() / "clipbench_XXXXXX").string();
    path = std::filesystem::path(mkdtemp(folder.data())) / "budgets.json";
  }
  explicit TemporaryFile(const std::string& text) : TemporaryFile() {
    std::ofstream(path, std::ios::binary) << text;
  }
  ~TemporaryFile() {  // not remove_all: LibTorch exports one, which crashes
    std::remove(path.c_str());
    std::remove(path.parent_path().c_str());
  }
  TemporaryFile(const TemporaryFile&) = delete;
  TemporaryFile& operator=(const TemporaryFile&) = delete;

  std::string text() const {
    std::ifstream file(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(file), {}};
  }

  std::filesystem::path path;
};

}  // namespace clipbench::guard
