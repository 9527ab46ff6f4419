#include "comparison/comparable.h"

#include <algorithm>
#include <cmath>

#include "reporters/text.h"

namespace clipbench::comparison {
namespace {

using reporters::Environment;
using reporters::Record;

/// A host's memory as the kernel tells it moves a little between kernels.
constexpr double kSameMemory = 0.01;

std::string device_text(const Environment& e) {
  return reporters::one_line(e.device_name) + " (" + reporters::mib(e.device_memory_bytes) +
         " MiB)";
}

bool same_device(const Environment& a, const Environment& b) {
  const auto memory = [](const Environment& e) {
    return static_cast<double>(e.device_memory_bytes);
  };
  return a.device_name == b.device_name &&
         std::abs(memory(a) - memory(b)) <= kSameMemory * std::max(memory(a), memory(b));
}

std::string unless_empty(const std::string& text) {
  return text.empty() ? "none" : "\"" + reporters::one_line(text) + "\"";
}

void note(const char* what, const std::string& base, const std::string& next,
          std::vector<std::string>& out) {
  if (base != next)
    out.push_back(what + (" " + reporters::one_line(base.empty() ? "none" : base)) + " -> " +
                  reporters::one_line(next.empty() ? "none" : next));
}

}  // namespace

std::string why_incomparable(const Record& base, const Record& next) {
  const Environment &a = base.environment, &b = next.environment;
  if (a.device_name.empty() || b.device_name.empty()) return "";
  if (!same_device(a, b))
    return "other device: BASE was measured on " + device_text(a) + ", NEW on " + device_text(b);
  if (a.build_type != b.build_type)
    return "other build type: BASE is " + unless_empty(a.build_type) + ", NEW is " +
           unless_empty(b.build_type);
  if (a.allocator_settings != b.allocator_settings)
    return "other allocator settings: BASE has " + unless_empty(a.allocator_settings) +
           ", NEW has " + unless_empty(b.allocator_settings);
  return "";
}

std::vector<std::string> differences(const Record& base, const Record& next) {
  const Environment &a = base.environment, &b = next.environment;
  std::vector<std::string> out;
  if (a.device_name.empty() || b.device_name.empty()) return out;
  note("clipbench", a.git_sha, b.git_sha, out);
  note("torch", a.torch, b.torch, out);
  note("cuda", a.cuda, b.cuda, out);
  note("driver", a.driver, b.driver, out);
  note("compiler", a.compiler, b.compiler, out);
  note("threads", std::to_string(a.threads), std::to_string(b.threads), out);
  note("data", base.config.data, next.config.data, out);
  return out;
}

}  // namespace clipbench::comparison
