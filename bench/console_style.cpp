#include "bench/console_style.h"

#include <unistd.h>

#include <cstdlib>

namespace clipbench::bench {
namespace {

bool speaks_utf8() {
  for (const char* name : {"LC_ALL", "LC_CTYPE", "LANG"}) {
    const std::string value = std::getenv(name) ? std::getenv(name) : "";
    if (!value.empty())
      return value.find("UTF-8") != std::string::npos || value.find("utf8") != std::string::npos;
  }
  return false;
}

}  // namespace

reporters::ConsoleOptions console_style(const std::string& color) {
  const bool terminal = isatty(STDOUT_FILENO);
  const char* no_color = std::getenv("NO_COLOR");
  const bool wanted = color == "auto" ? terminal && !(no_color && *no_color) : color == "true";
  return {wanted, terminal && wanted && speaks_utf8()};
}

}  // namespace clipbench::bench
