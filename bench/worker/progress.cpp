#include "bench/worker/progress.h"

#include <chrono>
#include <cstdio>

#include <nlohmann/json.hpp>

namespace clipbench::bench {
namespace {

double now_seconds() {
  return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count();
}

void print(const nlohmann::json& line) {
  std::puts(line.dump().c_str());
  std::fflush(stdout);
}

}  // namespace

void Progress::stage(const char* name) const { print({{"stage", name}}); }

void Progress::timing(std::int64_t done, std::int64_t of, double half_width) {
  const auto now = now_seconds();
  if (now - last_seconds_ < 0.1) return;
  last_seconds_ = now;
  print({{"stage", "timing"}, {"done", done}, {"of", of}, {"half_width", half_width}});
}

}  // namespace clipbench::bench
