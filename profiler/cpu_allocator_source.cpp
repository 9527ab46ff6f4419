#include "profiler/cpu_allocator_source.h"

#include <c10/core/Allocator.h>
#include <c10/core/CPUAllocator.h>
#include <c10/core/impl/alloc_cpu.h>
#include <c10/util/Exception.h>

#include <algorithm>
#include <atomic>
#include <cstddef>
#include <limits>
#include <mutex>

#include "profiler/event_log.h"

namespace clipbench::profiler {
namespace {

constexpr std::size_t kAlignment = 64;  // what LibTorch promises its kernels

/// Stands before each block; live blocks form a ring, so that a recording can begin at any moment.
struct alignas(kAlignment) Header {
  Header* previous = this;
  Header* next = this;
  std::size_t bytes = 0;
};
static_assert(sizeof(Header) == kAlignment);

void* data_of(Header* header) { return header + 1; }
Header* header_of(void* data) { return static_cast<Header*>(data) - 1; }

/// Counters, ring and events change together under one lock: the account is exact with any number
/// of threads.
struct Book {
  std::mutex mutex;
  Header ring;
  std::int64_t live_bytes = 0, peak_bytes = 0;
  EventLog* log = nullptr;

  void add(Header* header) {
    const std::lock_guard lock(mutex);
    header->next = ring.next;
    header->previous = &ring;
    header->next->previous = ring.next = header;
    live_bytes += static_cast<std::int64_t>(header->bytes);
    peak_bytes = std::max(peak_bytes, live_bytes);
    const auto bytes = static_cast<std::int64_t>(header->bytes);
    if (log) log->append(allocation_event(data_of(header), bytes, bytes));
  }

  /// Before the memory goes back: another thread may get the address at once.
  void remove(Header* header) {
    const std::lock_guard lock(mutex);
    header->previous->next = header->next;
    header->next->previous = header->previous;
    live_bytes -= static_cast<std::int64_t>(header->bytes);
    if (log) log->append(free_event(data_of(header)));
  }

  AllocatorStatistics statistics_locked() const {
    return {live_bytes, peak_bytes, live_bytes, peak_bytes, {}, {}};
  }
};

/// Never destroyed: tensors of static storage are freed after everything else.
Book& book() {
  static Book* const the_book = new Book;
  return *the_book;
}

void report(void* data, std::int64_t bytes) {
  c10::reportMemoryUsageToProfiler(data, bytes, 0, 0, c10::Device(c10::kCPU));
}

void release(void* data) {
  if (!data) return;
  Header* header = header_of(data);
  report(data, -static_cast<std::int64_t>(header->bytes));
  book().remove(header);
  c10::free_cpu(header);
}

/// Throws what LibTorch's own allocator throws, also for sizes that no header can be added to.
void* acquire(std::size_t bytes) {
  constexpr std::size_t limit = std::numeric_limits<std::ptrdiff_t>::max() - sizeof(Header);
  void* memory = c10::alloc_cpu(bytes > limit ? bytes : bytes + sizeof(Header));
  auto* header = new (memory) Header;
  header->bytes = bytes;
  book().add(header);
  report(data_of(header), static_cast<std::int64_t>(bytes));
  return data_of(header);
}

/// oneDNN uses raw_allocate and raw_deallocate: the context must be the data, the deleter always
/// the same.
class CountingAllocator final : public c10::Allocator {
 public:
  c10::DataPtr allocate(std::size_t bytes) override {
    void* data = bytes == 0 ? nullptr : acquire(bytes);
    return {data, data, &release, c10::Device(c10::kCPU)};
  }
  c10::DeleterFnPtr raw_deleter() const override { return &release; }
  void copy_data(void* to, const void* from, std::size_t bytes) const override {
    default_copy_data(to, from, bytes);
  }
};

std::atomic<bool> installed{false};

class CpuAllocatorSource final : public AllocatorSource {
 public:
  AllocatorStatistics statistics() const override {
    const std::lock_guard lock(book().mutex);
    return book().statistics_locked();
  }

  void reset_peak() override {
    const std::lock_guard lock(book().mutex);
    book().peak_bytes = book().live_bytes;
  }

  std::vector<SeedBlock> attach(EventLog& log) override {
    Book& b = book();
    const std::lock_guard lock(b.mutex);
    TORCH_CHECK(!b.log, "host allocations are already being recorded");
    b.log = &log;
    std::vector<SeedBlock> seed;
    for (Header* h = b.ring.next; h != &b.ring; h = h->next) {
      const auto bytes = static_cast<std::int64_t>(h->bytes);
      seed.push_back({reinterpret_cast<std::uintptr_t>(data_of(h)), bytes, bytes});
    }
    return seed;
  }

  AllocatorStatistics mark(EventLog& log, const Event& event) override {
    const std::lock_guard lock(book().mutex);
    log.append(event);
    return book().statistics_locked();
  }

  void claim_workspaces(EventLog&) override {}

  AllocatorStatistics detach() override {
    const std::lock_guard lock(book().mutex);
    book().log = nullptr;
    return book().statistics_locked();
  }
};

}  // namespace

void install_cpu_allocator() {
  if (installed.exchange(true)) return;
  c10::SetCPUAllocator(new CountingAllocator, /*priority=*/100);
}

std::unique_ptr<AllocatorSource> make_cpu_allocator_source() {
  TORCH_CHECK(installed.load(), "install_cpu_allocator() must be called before the first tensor");
  return std::make_unique<CpuAllocatorSource>();
}

}  // namespace clipbench::profiler
