// What this program was built from.
#pragma once

#include <string>

namespace clipbench::bench {

struct BuildInfo {
  const char* version;
  const char* git_sha;  ///< short; "unknown" outside a repository
  const char* build_type;
  const char* torch;  ///< that the worker is linked with
  const char* cuda;   ///< that this torch needs, "13.0"
  const char* compiler;
};

const BuildInfo& build_info();

/// `clipbench 0.1.0 (3f2c1ab, Release)   torch 2.11.0+cu130`
std::string version_line();

}  // namespace clipbench::bench
