// Hosts without memory: a process whose addresses are limited.
#include <sys/resource.h>

#include <filesystem>
#include <fstream>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "bench/worker/measure.h"
#include "profiler/cpu_allocator_source.h"

namespace clipbench::bench {
namespace {

namespace fs = std::filesystem;
using testing::ContainsRegex;

constexpr rlim_t kRoomBytes = 256 << 20;

rlim_t mapped_bytes() {
  rlim_t pages = 0;
  std::ifstream("/proc/self/statm") >> pages;
  return pages * 4096;
}

/// While it lives, the process can map kRoomBytes more than it has.
class LittleRoom {
 public:
  LittleRoom() {
    getrlimit(RLIMIT_AS, &before_);
    const rlimit little = {mapped_bytes() + kRoomBytes, before_.rlim_max};
    setrlimit(RLIMIT_AS, &little);
  }
  ~LittleRoom() { setrlimit(RLIMIT_AS, &before_); }

 private:
  rlimit before_;
};

WorkerOptions options_for(const std::string& case_name) {
  profiler::install_cpu_allocator();
  WorkerOptions options;
  options.case_name = case_name;
  options.fixed_steps = 1;
  return options;
}

TEST(HostMemory, ThatIsTooSmallForAStepIsAResultWithoutATime) {
#if defined(__SANITIZE_THREAD__)
  GTEST_SKIP() << "ThreadSanitizer ends the process where it finds no memory for itself";
#endif
  const auto options = options_for("gpt2_tiny/vanilla/T:128/B:4096/f32/cpu");
  const LittleRoom room;
  const auto record = measure(options);
  EXPECT_EQ(record.status, reporters::Status::oom);
  EXPECT_THAT(record.reason.value_or(""),
              ContainsRegex("^OOM in [a-z]+: asked [0-9.]+ MiB; highest until then [0-9.]+ MiB$"));
  EXPECT_TRUE(record.time.samples_ms.empty());
}

TEST(HostMemory, ThatIsTooSmallForTheDataIsAResultToo) {
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
  GTEST_SKIP() << "the sanitizers' operator new ends the process where it should throw bad_alloc";
#endif
  const fs::path data = fs::path(testing::TempDir()) / "clipbench_large.bin";
  std::ofstream(data).close();
  fs::resize_file(data, 4 * kRoomBytes);  // holes take no room on the disk
  auto options = options_for("gpt2_tiny/vanilla/T:16/B:3/f32/cpu");
  options.data = data.string();
  const LittleRoom room;
  const auto record = measure(options);
  EXPECT_EQ(record.status, reporters::Status::oom);
  EXPECT_THAT(record.reason.value_or(""), ContainsRegex("^OOM in [a-z]+: memory of the host; "));
  fs::remove(data);
}

}  // namespace
}  // namespace clipbench::bench
