#include "bench/file_path.h"

#include <unistd.h>

#include <cstdlib>
#include <ctime>
#include <fstream>
#include <regex>

#include "bench/exit_code.h"

namespace clipbench::bench {
namespace fs = std::filesystem;
namespace {

bool takes_path(const std::string& flag) {
  for (const char* known : {"--out", "--resume", "--data", "--dump", "--benchmark_out"})
    if (flag == known) return true;
  return false;
}

std::string last_part(const std::string& path) {
  const auto end = path.find_last_not_of('/');
  if (end == std::string::npos) return "";
  const auto slash = path.find_last_of('/', end);
  return path.substr(slash == std::string::npos ? 0 : slash + 1, end - slash);
}

}  // namespace

fs::path own_binary() { return fs::read_symlink("/proc/self/exe"); }

fs::path worker_binary() {
  const char* named = std::getenv("CLIPBENCH_WORKER");
  const fs::path path = named ? fs::path(named) : own_binary().parent_path() / "clipbench-worker";
  if (access(path.c_str(), X_OK) != 0)
    throw NotUsable(named ? "CLIPBENCH_WORKER=" + path.string() + ": not a program"
                          : "clipbench-worker is not beside clipbench; build it: make build");
  return fs::absolute(path);
}

std::string program_as_typed() {
  std::string name;
  std::ifstream cmdline("/proc/self/cmdline", std::ios::binary);
  std::getline(cmdline, name, '\0');
  return name.empty() ? "clipbench" : name;
}

std::vector<std::string> without_folders(const std::vector<std::string>& argv) {
  std::vector<std::string> result;
  bool is_path = false;  // the value of the flag before
  for (const auto& argument : argv) {
    const auto equals = argument.find('=');
    if (equals != std::string::npos && takes_path(argument.substr(0, equals)))
      result.push_back(argument.substr(0, equals + 1) + last_part(argument.substr(equals + 1)));
    else
      result.push_back(is_path ? last_part(argument) : argument);
    is_path = takes_path(argument);
  }
  return result;
}

std::string without_paths(const std::string& text) {
  static const std::regex folders(R"((^|[\s"'(=:])(?:/[^\s/"'():]+)+/)");
  std::string line;
  for (const char c : text) line += static_cast<unsigned char>(c) < 0x20 || c == 0x7f ? ' ' : c;
  return std::regex_replace(line, folders, "$1");
}

std::string utc_now() {
  const std::time_t now = std::time(nullptr);
  char text[32];
  std::strftime(text, sizeof(text), "%Y-%m-%dT%H:%M:%SZ", std::gmtime(&now));
  return text;
}

}  // namespace clipbench::bench
