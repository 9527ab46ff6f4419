// What went wrong with an account, for a test's message; and short spellings.
#pragma once

#include <string>

#include "profiler/peak_report.h"

namespace clipbench::profiler {

constexpr std::int64_t operator""_MiB(unsigned long long n) {
  return static_cast<std::int64_t>(n) << 20;
}

inline std::int64_t of(const ComponentBytes& bytes, Component component) {
  return bytes[static_cast<std::size_t>(component)];
}

inline std::string explain(const PeakReport& report) {
  std::string text;
  for (const std::string& fault : report.faults) text += fault + "\n";
  for (const LawCheck& c : report.checks) {
    text += c.name + ": expected " + std::to_string(c.expected) + ", actual " +
            std::to_string(c.actual) + "\n";
  }
  return text;
}

}  // namespace clipbench::profiler
