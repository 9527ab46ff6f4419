// Any command line, an argument a line: a UsageError, or options and the cases they select.
#include <sstream>

#include "bench/cases/case.h"
#include "bench/options.h"
#include "bench/plan.h"
#include "bench/worker_process.h"

extern "C" int LLVMFuzzerTestOneInput(const unsigned char* data, std::size_t size) {
  using namespace clipbench::bench;
  std::istringstream lines(std::string(reinterpret_cast<const char*>(data), size));
  std::vector<std::string> argv;
  for (std::string line; std::getline(lines, line);) {
    parse_stage(line);  // a worker's line is as free
    argv.push_back(line);
  }
  try {
    const Options options = parse_options(argv);
    if (options.text) return 0;
    for (const auto& one : make_plan(options, "cpu").cases)
      if (!(parse_case(one.name()).name() == one.name())) std::abort();
  } catch (const UsageError&) {
  }
  return 0;
}
