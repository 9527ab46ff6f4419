// clipbench-kernels: the kernels of kernels/ beside cuBLAS, a plain copy and each other.
#include <cstdio>
#include <exception>

#include "bench/cases/case.h"
#include "bench/exit_code.h"
#include "bench/kernels/bench_device.h"
#include "bench/kernels/comparisons.h"
#include "bench/kernels/draw.h"
#include "bench/kernels/interleaved.h"
#include "bench/kernels/options.h"
#include "kernels/linear_on_cuda.h"
#include "reporters/record_io.h"
#include "reporters/text.h"

namespace clipbench::bench {
namespace {

void check_device(const KernelOptions& options) {
  if (bench_device().is_cuda()) return;
  for (const auto& verb : kernel_verbs()) {
    if (options.verb == verb.name && verb.cpu_shrink > 0 && options.shrink >= verb.cpu_shrink)
      return;
  }
  throw NotUsable(
      "no CUDA device; without one: numerics, draw, and block and overhead with --shrink 16");
}

/// The rows of what was asked for, which is printed meanwhile.
Table measure(const KernelOptions& options) {
  if (options.verb == "numerics") return sweep_cancellation(options.shrink);
  if (options.verb == "overhead") return sweep_overhead(options.shrink);
  if (options.verb == "block") {
    compare_blocks(options.shrink);
  } else {
    if (options.verb != "memory") compare_linear_layers();
    if (options.verb != "linear") compare_memory_bound();
  }
  return measured();
}

int judge(const KernelOptions& options, const Table& table) {
  if (options.verb != "numerics") return kPass;
  const auto broken = guards_broken(table);
  std::printf("\n%zu guarded norms below the true one\n", broken);
  return broken == 0 ? kPass : kFinding;
}

int run(const KernelOptions& options) {
  if (options.text) {
    std::fputs(options.text->c_str(), stdout);
    return kPass;
  }
  if (options.verb == "draw") {
    draw_overhead(options.words[0], options.words.size() > 1 ? options.words[1] : "");
    return kPass;
  }
  check_device(options);
  kernels::use_portable_kernels(options.portable);
  const auto table = measure(options);
  if (!options.out.empty()) reporters::write_file(options.out, table.text());
  return judge(options, table);
}

int fail(int code, const std::exception& error) {
  std::fprintf(stderr, "clipbench-kernels: %s\n", reporters::one_line(error.what()).c_str());
  return code;
}

}  // namespace
}  // namespace clipbench::bench

int main(int argc, char** argv) {
  using namespace clipbench::bench;
  try {
    return run(parse_kernel_options({argv + 1, argv + argc}));
  } catch (const NotUsable& error) {
    return fail(kNotUsable, error);
  } catch (const std::exception& error) {
    return fail(kUsage, error);
  }
}
