#include "bench/cases/build_info.h"

#include <string>

namespace clipbench::bench {
namespace {

/// "2.11.0+cu130" → "13.0"; the digits are CUDA's major and minor version.
std::string cuda_of(const std::string& torch) {
  const auto at = torch.find("+cu");
  if (at == std::string::npos || torch.size() < at + 5) return "";
  std::string digits = torch.substr(at + 3);
  return digits.insert(digits.size() - 1, ".");
}

}  // namespace

const BuildInfo& build_info() {
  static const std::string cuda = cuda_of(CLIPBENCH_TORCH_VERSION);
  static const BuildInfo info = {CLIPBENCH_VERSION,       CLIPBENCH_GIT_SHA, CLIPBENCH_BUILD_TYPE,
                                 CLIPBENCH_TORCH_VERSION, cuda.c_str(),      CLIPBENCH_COMPILER};
  return info;
}

std::string version_line() {
  const BuildInfo& info = build_info();
  return std::string("clipbench ") + info.version + " (" + info.git_sha + ", " + info.build_type +
         ")   torch " + info.torch;
}

}  // namespace clipbench::bench
