#include "bench/worker/out_of_memory.h"

#include <cstdio>
#include <regex>

namespace clipbench::bench {
namespace {

std::string mib(double bytes) {
  char text[32];
  std::snprintf(text, sizeof text, "%.1f MiB", bytes / 1048576);
  return text;
}

/// What was asked for and what there was, as far as the message says.
std::string request(const std::string& message) {
  static const std::regex cuda(
      R"(Tried to allocate ([\d.]+ \w+)[\s\S]*total capacity of ([\d.]+ \w+) of which ([\d.]+ \w+) is free)");
  static const std::regex cpu(R"(tried to allocate (\d+) bytes)");
  std::smatch found;
  if (std::regex_search(message, found, cuda)) {
    return "asked " + found.str(1) + ", " + found.str(3) + " free of " + found.str(2);
  }
  if (std::regex_search(message, found, cpu)) return "asked " + mib(std::stod(found.str(1)));
  return message.substr(0, message.find('\n'));
}

}  // namespace

bool is_out_of_memory(const std::string& message) {
  return message.find("DefaultCPUAllocator") != std::string::npos;
}

std::string describe_out_of_memory(const std::string& message, const std::string& where,
                                   std::int64_t peak_allocated_bytes) {
  return "OOM in " + where + ": " + request(message) + "; highest until then " +
         mib(static_cast<double>(peak_allocated_bytes));
}

}  // namespace clipbench::bench
