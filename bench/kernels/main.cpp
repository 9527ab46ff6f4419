// clipbench-kernels: the kernels of kernels/ beside cuBLAS and a plain copy, interleaved, on one
// GPU.
#include <c10/cuda/CUDAFunctions.h>

#include <cstdio>
#include <exception>
#include <string>

#include "bench/kernels/comparisons.h"

namespace {

constexpr const char* kUsage = "usage: clipbench-kernels [linear | memory]\n";

int compare(const std::string& what) {
  if (what != "linear" && what != "memory" && what != "all") {
    std::fputs(kUsage, stderr);
    return 2;
  }
  if (c10::cuda::device_count() == 0) {
    std::fputs("clipbench-kernels: no CUDA device\n", stderr);
    return 1;
  }
  if (what != "memory") clipbench::bench::compare_linear_layers();
  if (what != "linear") clipbench::bench::compare_memory_bound();
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  try {
    return compare(argc > 1 ? argv[1] : "all");
  } catch (const std::exception& error) {
    std::fprintf(stderr, "clipbench-kernels: %s\n", error.what());
    return 1;
  }
}
