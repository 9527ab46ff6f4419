#include "bench/worker/out_of_memory.h"

#include <gtest/gtest.h>

namespace clipbench::bench {
namespace {

constexpr std::int64_t kPeak = 10 << 20;

TEST(OutOfMemory, SaysWhatWasAskedOfAGpuAndWhatItHad) {
  EXPECT_EQ(
      describe_out_of_memory("CUDA out of memory. Tried to allocate 3.14 GiB. GPU 0 has a total "
                             "capacity of 139.81 GiB of which 1.08 GiB is free. Including "
                             "non-PyTorch memory, this process has 138.72 GiB memory in use.",
                             "backward", kPeak),
      "OOM in backward: asked 3.14 GiB, 1.08 GiB free of 139.81 GiB; highest until then 10.0 MiB");
}

TEST(OutOfMemory, SaysWhatWasAskedOfTheHost) {
  const std::string message =
      "[enforce fail at alloc_cpu.cpp:127] err == 0. DefaultCPUAllocator: can't allocate memory: "
      "you "
      "tried to allocate 6553600000 bytes. Error code 12 (Cannot allocate memory)\n";
  EXPECT_TRUE(is_out_of_memory(message));
  EXPECT_EQ(describe_out_of_memory(message, "setup", kPeak),
            "OOM in setup: asked 6250.0 MiB; highest until then 10.0 MiB");
}

TEST(OutOfMemory, KeepsTheFirstLineOfOtherWords) {
  EXPECT_FALSE(is_out_of_memory("index out of range"));
  EXPECT_EQ(describe_out_of_memory("no room\nadvice", "step", kPeak),
            "OOM in step: no room; highest until then 10.0 MiB");
}

}  // namespace
}  // namespace clipbench::bench
