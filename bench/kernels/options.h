// The command line of clipbench-kernels.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace clipbench::bench {

struct KernelOptions {
  std::string verb;                ///< empty: linear and memory
  std::vector<std::string> words;  ///< what follows it
  std::string out;                 ///< empty: no file
  std::int64_t shrink = 1;
  bool portable = false;            ///< kernels that every GPU has, on Hopper too
  std::optional<std::string> text;  ///< of --help or --version: print it and end
};

struct KernelVerb {
  const char* name;
  const char* usage;
  const char* description;  ///< one line
  std::size_t least_words, most_words;
  bool measures;
  std::int64_t cpu_shrink;  ///< least --shrink without a GPU; 0: there is no way without one
};
/// In the order in which help shows them.
const std::vector<KernelVerb>& kernel_verbs();

/// Throws UsageError.
KernelOptions parse_kernel_options(const std::vector<std::string>& argv);

}  // namespace clipbench::bench
