// clipbench: reads the command line, hands over to a verb.
#include <cstdio>
#include <vector>

#include "bench/exit_code.h"
#include "bench/options.h"
#include "bench/signals.h"
#include "bench/verbs/verb.h"

namespace {

int run_program(const std::vector<std::string>& argv) {
  using namespace clipbench::bench;
  const Options options = parse_options(argv);
  if (options.text) {
    std::fputs(options.text->c_str(), stdout);
    return kPass;
  }
  watch_signals();
  return find_verb(options.verb).run(options);
}

}  // namespace

int main(int argc, char** argv) {
  const std::vector<std::string> arguments(argv + 1, argv + argc);
  return clipbench::bench::guarded([&] { return run_program(arguments); });
}
