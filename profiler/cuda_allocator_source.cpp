#include "profiler/cuda_allocator_source.h"

#include <ATen/Context.h>
#include <ATen/cuda/CUDAContextLight.h>
#include <c10/core/Allocator.h>
#include <c10/cuda/CUDACachingAllocator.h>
#include <c10/util/Exception.h>
#include <c10/util/ThreadLocalDebugInfo.h>

#include <atomic>
#include <cstdlib>
#include <mutex>
#include <shared_mutex>
#include <string_view>

#include "profiler/event_log.h"

namespace clipbench::profiler {
namespace {

namespace cca = c10::cuda::CUDACachingAllocator;

/// The tracker can't be detached: it stays, and looks here whether anybody listens.
std::atomic<EventLog*> listening{nullptr};
std::atomic<c10::DeviceIndex> listening_device{0};

/// The tracker knows what was requested, the memory report that follows on the same thread, under
/// the same allocator lock, knows the block.
struct Unsized {
  std::uintptr_t address = 0;
  std::size_t place = 0;
};
thread_local Unsized last_allocation;

/// Called under the allocator's lock: must not call LibTorch.
void on_trace(const cca::TraceEntry& entry) {
  EventLog* const log = listening.load(std::memory_order_acquire);
  if (!log || entry.device_ != listening_device.load(std::memory_order_relaxed)) return;
  const auto* address = reinterpret_cast<const void*>(entry.addr_);
  if (entry.action_ == cca::TraceEntry::ALLOC) {
    const auto bytes = static_cast<std::int64_t>(entry.size_);
    const std::size_t place = log->append(allocation_event(address, bytes, kUnknownBytes));
    last_allocation = {entry.addr_, place};
  } else if (entry.action_ == cca::TraceEntry::FREE_REQUESTED) {
    log->append(free_event(address));
  }
}

/// LibTorch carries it from the thread that calls backward() to autograd's threads.
class BlockSizes final : public c10::MemoryReportingInfoBase {
 public:
  void reportMemoryUsage(void* address, std::int64_t bytes, std::size_t, std::size_t,
                         c10::Device device) override {
    EventLog* const log = listening.load(std::memory_order_acquire);
    if (!log || bytes <= 0 || !device.is_cuda()) return;
    if (last_allocation.address != reinterpret_cast<std::uintptr_t>(address)) return;
    log->set_block_bytes(last_allocation.place, bytes);
    last_allocation = {};
  }
  bool memoryProfilingEnabled() const override { return true; }
};

void refuse_unheard_allocators() {
  const char* uncached = std::getenv("PYTORCH_NO_CUDA_MEMORY_CACHING");
  TORCH_CHECK(!uncached || std::string_view(uncached) == "0" || std::string_view(uncached).empty(),
              "PYTORCH_NO_CUDA_MEMORY_CACHING is set: memory can't be accounted for; unset it");
  const std::string backend = cca::get()->name();
  TORCH_CHECK(backend == "native", "allocator backend:", backend,
              ": memory can't be accounted for; use backend:native in PYTORCH_CUDA_ALLOC_CONF");
}

void attach_tracker_once() {
  static std::once_flag once;
  std::call_once(once, [] { cca::attachAllocatorTraceTracker(&on_trace); });
}

void add_live_blocks(const cca::SegmentInfo& segment, std::vector<SeedBlock>& seed) {
  std::uintptr_t address = segment.address;
  for (const cca::BlockInfo& block : segment.blocks) {
    if (block.allocated) {
      seed.push_back({address, static_cast<std::int64_t>(block.requested_size),
                      static_cast<std::int64_t>(block.size)});
    }
    address += block.size;
  }
}

std::vector<SeedBlock> live_blocks(c10::DeviceIndex device) {
  std::vector<SeedBlock> seed;
  for (const cca::SegmentInfo& segment : cca::snapshot({0, 0}, false).segments) {
    if (segment.device == device) add_live_blocks(segment, seed);
  }
  return seed;
}

void claim_all(at::cuda::WorkspaceMapWithMutex& workspaces, EventLog& log) {
  const std::shared_lock lock(workspaces.mutex);
  for (const auto& [handle_and_stream, data] : workspaces.map) {
    Event event;
    event.kind = Event::Kind::claim;
    event.component = Component::workspace;
    event.address = reinterpret_cast<std::uintptr_t>(data.get());
    log.append(event);
  }
}

class CudaAllocatorSource final : public AllocatorSource {
 public:
  explicit CudaAllocatorSource(c10::DeviceIndex device) : device_(device) {
    refuse_unheard_allocators();
    at::globalContext().lazyInitDevice(c10::kCUDA);
    attach_tracker_once();
  }

  AllocatorStatistics statistics() const override {
    const auto stats = cca::getDeviceStats(device_);
    const auto all = static_cast<std::size_t>(c10::CachingAllocator::StatType::AGGREGATE);
    return {stats.allocated_bytes[all].current, stats.allocated_bytes[all].peak,
            stats.requested_bytes[all].current, stats.requested_bytes[all].peak,
            stats.reserved_bytes[all].current,  stats.reserved_bytes[all].peak};
  }

  void reset_peak() override { cca::resetPeakStats(device_); }

  std::vector<SeedBlock> attach(EventLog& log) override {
    TORCH_CHECK(!listening.load(), "device allocations are already being recorded");
    block_sizes_ = std::make_unique<c10::DebugInfoGuard>(c10::DebugInfoKind::PROFILER_STATE,
                                                         std::make_shared<BlockSizes>());
    listening_device = device_;
    listening = &log;
    return seed_while_nothing_happens(log);
  }

  AllocatorStatistics mark(EventLog& log, const Event& event) override {
    for (;;) {
      const std::size_t place = log.size();
      const AllocatorStatistics now = statistics();
      if (log.append_at(place, event)) return now;
    }
  }

  void claim_workspaces(EventLog& log) override {
    claim_all(at::cuda::cublas_handle_stream_to_workspace(), log);
    claim_all(at::cuda::cublaslt_handle_stream_to_workspace(), log);
  }

  AllocatorStatistics detach() override {
    const AllocatorStatistics end = statistics_at_the_last_event(*listening.load());
    listening = nullptr;
    block_sizes_.reset();
    return end;
  }

 private:
  /// The snapshot stands for the log's beginning only if no event came in between.
  std::vector<SeedBlock> seed_while_nothing_happens(EventLog& log) const {
    for (;;) {
      log.clear();
      std::vector<SeedBlock> seed = live_blocks(device_);
      if (log.size() == 0) return seed;
    }
  }

  AllocatorStatistics statistics_at_the_last_event(const EventLog& log) const {
    for (;;) {
      const std::size_t place = log.size();
      const AllocatorStatistics now = statistics();
      if (log.size() == place) return now;
    }
  }

  c10::DeviceIndex device_;
  std::unique_ptr<c10::DebugInfoGuard> block_sizes_;
};

}  // namespace

std::unique_ptr<AllocatorSource> make_cuda_allocator_source(c10::Device device) {
  TORCH_CHECK(device.is_cuda(), "expected a cuda device, got ", device);
  const c10::DeviceIndex index = device.has_index() ? device.index() : c10::DeviceIndex{0};
  return std::make_unique<CudaAllocatorSource>(index);
}

}  // namespace clipbench::profiler
