#include "profiler/driver_memory.h"

#include <gtest/gtest.h>

#include <cstring>
#include <memory>

namespace clipbench::profiler {
namespace {

constexpr std::int64_t kBytes = 64 << 20;

std::int64_t peak_after_touching() {
  const auto memory = std::make_unique<char[]>(kBytes);
  std::memset(memory.get(), 1, kBytes);
  asm volatile("" ::"r"(memory.get()) : "memory");
  return host_memory().peak_rss_bytes;
}

TEST(HostMemory, PeakRemembersWhatWasGivenBack) {
  reset_peak_rss();
  const std::int64_t before = host_memory().rss_bytes;
  ASSERT_GT(before, 0);
  EXPECT_GE(peak_after_touching() - before, kBytes * 9 / 10);
  EXPECT_GE(host_memory().peak_rss_bytes - before, kBytes * 9 / 10);
}

TEST(HostMemory, ResetForgetsThePeak) {
  peak_after_touching();
  if (!reset_peak_rss()) GTEST_SKIP() << "/proc/self/clear_refs can't be written here";
  const HostMemory now = host_memory();
  EXPECT_LT(now.peak_rss_bytes - now.rss_bytes, kBytes / 2);
}

}  // namespace
}  // namespace clipbench::profiler
