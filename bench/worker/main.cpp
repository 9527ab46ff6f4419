// clipbench-worker: measures one case in a process of its own and writes its record. clipbench
// starts it; see bench/cases/worker_options.h for its command line. `--canary=DEVICE` alone: a
// fixed piece of work instead (canary.h).
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <string>
#include <vector>

#include <unistd.h>

#include <c10/util/Exception.h>

#include "bench/cases/case.h"
#include "bench/cases/worker_options.h"
#include "bench/worker/canary.h"
#include "bench/worker/measure.h"
#include "profiler/cpu_allocator_source.h"
#include "reporters/record_io.h"

namespace {

using namespace clipbench;

const std::string kCanary = "--canary=";

int run(const std::vector<std::string>& argv) {
  try {
    if (argv.size() == 1 && argv[0].starts_with(kCanary)) {
      bench::sing(argv[0].substr(kCanary.size()));
      return 0;
    }
    const auto options = bench::WorkerOptions::parse(argv);
    const auto record = bench::measure(options);
    if (!options.record.empty()) reporters::write_record(options.record, record);
    return 0;
  } catch (const bench::UsageError& error) {
    std::fprintf(stderr, "%s\n", error.what());
    return 2;
  } catch (const c10::Error& error) {
    std::fprintf(stderr, "%s\n", error.what_without_backtrace());
  } catch (const std::exception& error) {
    std::fprintf(stderr, "%s\n", error.what());
  }
  return 1;
}

}  // namespace

int main(int argc, char** argv) {
  profiler::install_cpu_allocator();
  const int code = run({argv + 1, argv + argc});
  std::fflush(nullptr);
  // LibTorch's static destructors take 0.1 s and say nothing; a leak checker needs them.
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
  return code;
#else
  _exit(code);
#endif
}
