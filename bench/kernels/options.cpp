#include "bench/kernels/options.h"

#include <algorithm>
#include <filesystem>

#include "bench/cases/case.h"
#include "bench/command_line.h"

namespace clipbench::bench {
namespace {

using Words = std::vector<std::string>;

void declare(CLI::App& app, KernelOptions& options) {
  declare_common(app, options.text, options.words);
  app.add_option("--out", options.out, "also write the rows here, tab-separated");
  app.add_flag("--portable", options.portable,
               "on Hopper, too, the kernels that other GPUs run, from compute capability 8.0 on");
  app.add_option("--shrink", options.shrink,
                 "block, numerics, overhead: sizes divided by this, to try them on a CPU [1]")
      ->check(CLI::IsMember({1, 2, 4, 8, 16, 32}));
}

const KernelVerb& find_verb(const std::string& name) {
  const auto& verbs = kernel_verbs();
  const auto found = std::find_if(verbs.begin(), verbs.end(),
                                  [&](const KernelVerb& verb) { return name == verb.name; });
  if (found != verbs.end()) return *found;
  Words names;
  for (const auto& verb : verbs) names.emplace_back(verb.name);
  throw UsageError(unknown_name("verb", name, names));
}

void take_verb(KernelOptions& options) {
  if (options.words.empty()) return;
  const auto& verb = find_verb(options.words.front());
  options.verb = verb.name;
  options.words.erase(options.words.begin());
  const auto words = options.words.size();
  if (words < verb.least_words || words > verb.most_words)
    throw UsageError("usage: clipbench-kernels " + std::string(verb.usage) + " [flags]");
  if (!verb.measures && !options.out.empty())
    throw UsageError("--out: " + options.verb + " measures nothing");
}

/// Before a minute is spent on measuring.
void check_folder_of(const std::string& file) {
  const auto folder = std::filesystem::path(file).parent_path();
  if (!folder.empty() && !std::filesystem::is_directory(folder))
    throw UsageError("--out '" + file + "': no folder " + folder.string());
}

}  // namespace

const std::vector<KernelVerb>& kernel_verbs() {
  static const std::vector<KernelVerb> verbs{
      {"linear", "linear", "norms and sums of linear layers beside cuBLAS' weight gradient", 0, 0,
       true, 0},
      {"memory", "memory", "kernels bound by memory beside a plain copy", 0, 0, true, 0},
      {"block", "block", "a block's linears: plain training, auto's choice, each way alone", 0, 0,
       true, 2},
      {"numerics", "numerics", "errors of norms against f64 while tokens cancel", 0, 0, true, 1},
      {"overhead", "overhead", "time that each way adds to a layer, from T 64 to 8192", 0, 0, true,
       2},
      {"draw", "draw TSV [FILE]", "overhead's rows as FILE.pdf and FILE.png; needs no GPU", 1, 2,
       false, 1}};
  return verbs;
}

KernelOptions parse_kernel_options(const Words& argv) {
  KernelOptions options;
  CLI::App app("Kernels of this repository beside each other, interleaved.\n\n" +
                   verbs_text("linear and memory", kernel_verbs(), 18),
               "clipbench-kernels [VERB]");
  declare(app, options);
  parse(app, argv);
  if (options.text) return options;
  take_verb(options);
  check_folder_of(options.out);
  return options;
}

}  // namespace clipbench::bench
