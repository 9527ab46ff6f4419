#include "profiler/cpu_allocator_source.h"

#include <ATen/ops/empty.h>
#include <ATen/ops/gelu.h>
#include <ATen/ops/linear.h>
#include <ATen/ops/randn.h>
#include <ATen/ops/zeros.h>
#include <c10/core/CPUAllocator.h>
#include <gtest/gtest.h>

#include <limits>
#include <thread>

#include "explain.h"
#include "profiler/event_log.h"

namespace clipbench::profiler {
namespace {

std::int64_t live_bytes() { return make_cpu_allocator_source()->statistics().allocated_bytes; }

TEST(CpuAllocator, TenMiBAreTenMiB) {
  const auto source = make_cpu_allocator_source();
  const std::int64_t before = source->statistics().allocated_bytes;
  source->reset_peak();
  {
    const at::Tensor t = at::empty({10_MiB}, at::kByte);
    EXPECT_EQ(source->statistics().allocated_bytes - before, 10_MiB);
  }
  EXPECT_EQ(source->statistics().allocated_bytes, before);
  EXPECT_EQ(source->statistics().peak_allocated_bytes - before, 10_MiB);
  EXPECT_FALSE(source->statistics().reserved_bytes.has_value());
}

TEST(CpuAllocator, BlocksAreAligned) {
  for (const std::int64_t bytes : {1, 3, 64, 1000, 100'000, 3'000'000}) {
    const at::Tensor t = at::empty({bytes}, at::kByte);
    EXPECT_EQ(reinterpret_cast<std::uintptr_t>(t.const_data_ptr()) % 64, 0u) << bytes;
  }
}

TEST(CpuAllocator, ZeroBytesAreNoBlock) {
  const std::int64_t before = live_bytes();
  const at::Tensor t = at::empty({0});
  EXPECT_EQ(live_bytes(), before);
}

TEST(CpuAllocator, RawInterfaceWorksAndToleratesNull) {
  c10::Allocator* allocator = c10::GetCPUAllocator();
  const std::int64_t before = live_bytes();
  void* p = allocator->raw_allocate(100);
  EXPECT_EQ(live_bytes() - before, 100);
  allocator->raw_deallocate(p);
  EXPECT_EQ(allocator->raw_allocate(0), nullptr);
  allocator->raw_deallocate(nullptr);
  EXPECT_EQ(live_bytes(), before);
}

TEST(CpuAllocator, ImpossibleSizesThrowAndLeaveTheCountersAlone) {
  const std::int64_t before = live_bytes();
  c10::Allocator* allocator = c10::GetCPUAllocator();
  EXPECT_THROW(allocator->allocate(std::size_t{1} << 60), c10::Error);
  EXPECT_THROW(allocator->allocate(std::numeric_limits<std::ptrdiff_t>::max()), c10::Error);
  EXPECT_THROW(allocator->allocate(std::numeric_limits<std::size_t>::max()), c10::Error);
  EXPECT_EQ(live_bytes(), before);
}

TEST(CpuAllocator, OneDnnOperationsRunAndGiveAllBack) {
  const auto work = [] {
    const at::Tensor x = at::randn({64, 128});
    at::gelu(x);
    at::linear(x.to(at::kBFloat16), at::randn({256, 128}).to(at::kBFloat16));
  };
  work();  // what oneDNN keeps for good
  const std::int64_t before = live_bytes();
  for (int i = 0; i < 3; ++i) work();
  EXPECT_EQ(live_bytes(), before);
}

TEST(CpuAllocator, ThreadsAreCountedExactly) {
  const std::int64_t before = live_bytes();
  std::vector<std::vector<at::Tensor>> kept(4);
  std::vector<std::thread> threads;
  for (auto& mine : kept) {
    threads.emplace_back([&mine] {
      for (int i = 0; i < 500; ++i) {
        at::Tensor t = at::empty({100}, at::kByte);
        if (i % 5 == 0) mine.push_back(t);
      }
    });
  }
  for (std::thread& t : threads) t.join();
  EXPECT_EQ(live_bytes() - before, 4 * 100 * 100);
  kept.clear();
  EXPECT_EQ(live_bytes(), before);
}

TEST(CpuAllocator, SeedListsWhatIsLive) {
  const auto source = make_cpu_allocator_source();
  const at::Tensor held = at::zeros({10_MiB}, at::kByte);
  EventLog log;
  const auto seed = source->attach(log);
  const AllocatorStatistics end = source->detach();
  std::int64_t sum = 0;
  bool found = false;
  for (const SeedBlock& block : seed) {
    sum += block.block_bytes;
    found |= block.address == reinterpret_cast<std::uintptr_t>(held.const_data_ptr());
  }
  EXPECT_EQ(sum, end.allocated_bytes);
  EXPECT_TRUE(found);
}

}  // namespace
}  // namespace clipbench::profiler
