// Bytes in, lines out; a line without an end can't exhaust memory.
#pragma once

#include <cstddef>
#include <functional>
#include <string>
#include <utility>

namespace clipbench::bench {

class LineReader {
 public:
  static constexpr std::size_t kLongestLine = 1 << 16;  ///< the rest of a longer line is dropped

  explicit LineReader(std::function<void(const std::string&)> on_line)
      : on_line_(std::move(on_line)) {}

  void add(const char* bytes, std::size_t count) {
    for (std::size_t i = 0; i < count; ++i) {
      if (bytes[i] == '\n')
        end();
      else if (line_.size() < kLongestLine)
        line_ += bytes[i];
    }
  }

  /// Hands out what has no newline yet.
  void end() {
    if (!line_.empty()) on_line_(line_);
    line_.clear();
  }

 private:
  std::function<void(const std::string&)> on_line_;
  std::string line_;
};

}  // namespace clipbench::bench
