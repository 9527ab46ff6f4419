// What a check found, as one line.
#pragma once

#include <cstdio>
#include <string>

namespace clipbench::bench {

/// printf's formatting; cut after 240 characters.
template <class... Args>
std::string finding(const char* format, Args... args) {
  char line[240];
  std::snprintf(line, sizeof line, format, args...);
  return line;
}

}  // namespace clipbench::bench
