// The inside of gpu.h: threads on stacks of their own, what they wait for, what they have under
// way.
#pragma once

#include <setjmp.h>
#include <sys/mman.h>
#include <ucontext.h>
#ifdef __SANITIZE_ADDRESS__
#include <sanitizer/common_interface_defs.h>
#endif

#include <algorithm>
#include <cstring>
#include <deque>
#include <exception>
#include <functional>
#include <memory>
#include <random>
#include <span>
#include <stdexcept>
#include <string>
#include <typeinfo>
#include <utility>
#include <vector>

#include "gpu.h"
#include "tensor_map.h"

namespace emulated {

constexpr std::uint32_t kSharedBytes = 228 * 1024, kOwnShared = 1024 + 16;  // see dynamic_shared()
constexpr std::size_t kStackBytes = 128 * 1024, kPageBytes = 4096;
constexpr int kWarp = 32, kWarpgroup = 128;

/// A stack, as AddressSanitizer is told of it.
struct StackInUse {
  const void* bottom = nullptr;
  std::size_t bytes = 0;
  void* frames = nullptr;  // the sanitizer's own

#ifdef __SANITIZE_ADDRESS__
  void leave_for(const StackInUse& next) {
    __sanitizer_start_switch_fiber(&frames, next.bottom, next.bytes);
  }
  void arrive_from(StackInUse& last) {
    __sanitizer_finish_switch_fiber(frames, &last.bottom, &last.bytes);
  }
#else
  void leave_for(const StackInUse&) {}
  void arrive_from(StackInUse&) {}
#endif
};

inline std::logic_error fault_of(const std::string& what) {
  return std::logic_error("emulated GPU: " + what);
}
[[noreturn]] inline void fault(const std::string& what) { throw fault_of(what); }

struct Thread;

/// Where threads wait for each other.
struct Gathering {
  int come = 0;
  std::vector<Thread*> waiting;
};

struct Warp {
  Gathering lanes;
  const std::type_info* kind;  // of what they bring
  const void* parts[kWarp];
};

struct Cluster;

struct Waiter {
  std::uint32_t barrier;
  Thread* thread;
};

struct Block {
  Cluster* cluster;
  Index index;
  int rank;
  int alive = 0;  // threads; its shared memory is gone when the last one ends
  std::vector<std::uint8_t> shared;
  std::vector<Thread> threads;
  std::vector<Warp> warps;
  Gathering named[16];
  std::vector<Gathering> warpgroups;
  std::vector<Waiter> waiters;  // for barriers in shared memory
};

struct Cluster {
  int index;
  std::vector<std::unique_ptr<Block>> blocks;
  Gathering all;
};

struct Load {
  Cluster* cluster;
  unsigned ranks;
  std::uint32_t to, barrier;
  TensorMap map;
  int x, y, z;
};

struct BoxStore {
  Block* block;
  Store how;
  TensorMap map;
  std::uint32_t from;
  int x, y, z;
};

struct Copy {
  std::uint8_t* to;
  const void* from;
  std::size_t valid;
};

/// What was issued together, oldest first.
template <class Work>
struct Groups {
  std::vector<Work> open;
  std::deque<std::vector<Work>> committed;

  void commit() {
    committed.push_back(std::move(open));
    open.clear();
  }
  bool empty() const {
    return open.empty() && std::all_of(committed.begin(), committed.end(),
                                       [](const auto& group) { return group.empty(); });
  }
};

struct Thread {
  Block* block = nullptr;
  int index = 0;
  Groups<Copy> copies;
  Groups<Product> products;
  Groups<BoxStore> stores;
  bool has_hidden_writes = false;  // to shared memory, which copies don't see yet
  bool started = false, awaited = false;
  StackInUse stack;
  jmp_buf place;
};

/// As it lies in shared memory.
struct SharedBarrier {
  std::uint64_t phase : 1, arrivals : 15, missing : 15;
  std::int64_t bytes : 33;
};
static_assert(sizeof(SharedBarrier) == 8);

/// Stacks, kept from launch to launch; the lowest page of each can't be written.
class Stacks {
 public:
  std::uint8_t* stack(std::size_t i) {
    while (i >= stacks_.size()) {
      void* memory = mmap(nullptr, kStackBytes, PROT_READ | PROT_WRITE,
                          MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | MAP_STACK, -1, 0);
      if (memory == MAP_FAILED || mprotect(memory, kPageBytes, PROT_NONE) != 0) {
        fault("no memory for a thread's stack");
      }
      stacks_.push_back(static_cast<std::uint8_t*>(memory));
    }
    return stacks_[i];
  }

 private:
  std::vector<std::uint8_t*> stacks_;
};

class Machine {
 public:
  Settings settings;
  Thread* running = nullptr;

  void run(std::span<Cluster> all, const std::function<void()>& kernel) {
    kernel_ = &kernel;
    random_.seed(settings.seed);
    ready_.clear(), looking_.clear(), loads_.clear();
    failure_ = nullptr;
    alive_ = 0;
    for (Cluster& cluster : all) {
      for (auto& block : cluster.blocks) {
        for (Thread& thread : block->threads) ready_.push_back(&thread), ++alive_;
      }
    }
    std::shuffle(ready_.begin(), ready_.end(), random_);
    next_stack_ = 0;
    looks_ = 0;
    while (alive_ > 0 && !failure_) step();
    if (failure_) std::rethrow_exception(failure_);
    if (!loads_.empty()) fault("a launch ends before its copies");
  }

  /// The running thread's, until `threads` have come; the last one first does `then`.
  template <class Then>
  void gather(Gathering& at, int threads, const Then& then) {
    if (++at.come < threads) {
      at.waiting.push_back(running);
      return suspend();
    }
    then();
    at.come = 0;
    for (Thread* thread : at.waiting) ready_.push_back(thread);
    at.waiting.clear();
  }

  void look() {
    looking_.push_back(running);
    suspend();
  }

  void wait_in(std::vector<Waiter>& waiters, std::uint32_t barrier) {
    waiters.push_back({barrier, running});
    suspend();
  }

  void wake(std::vector<Waiter>& waiters, std::uint32_t barrier) {
    const auto mine = std::partition(waiters.begin(), waiters.end(),
                                     [&](const Waiter& w) { return w.barrier != barrier; });
    for (auto w = mine; w != waiters.end(); ++w) ready_.push_back(w->thread);
    waiters.erase(mine, waiters.end());
  }

  void issue(Load load);

 private:
  static constexpr int kMaxLooks = 1'000'000;

  const std::function<void()>* kernel_ = nullptr;
  std::mt19937 random_;
  std::vector<Thread*> ready_, looking_;
  std::vector<Load> loads_;
  std::exception_ptr failure_;
  int alive_ = 0, looks_ = 0;
  std::size_t next_stack_ = 0;
  Stacks stacks_;
  StackInUse stack_;
  jmp_buf place_;

  template <class T>
  T take_any(std::vector<T>& from) {
    std::swap(from[random_() % from.size()], from.back());
    return take_last(from);
  }

  template <class T>
  static T take_last(std::vector<T>& from) {
    T taken = std::move(from.back());
    from.pop_back();
    return taken;
  }

  void step() {
    if (!ready_.empty()) return resume(settings.unfair ? take_last(ready_) : take_any(ready_));
    if (!loads_.empty()) return perform_any_load();
    if (looking_.empty() || ++looks_ > kMaxLooks) {
      failure_ = std::make_exception_ptr(
          fault_of(std::to_string(alive_) + " threads wait for what nobody brings"));
      return;
    }
    ready_.swap(looking_);
  }

  void perform_any_load();

  __attribute__((noinline)) void resume(Thread* thread) {
    running = thread;
    if (!thread->stack.bottom) thread->stack = {stacks_.stack(next_stack_++), kStackBytes};
    if (_setjmp(place_) != 0) return stack_.arrive_from(running->stack);
    stack_.leave_for(thread->stack);
    if (thread->started) _longjmp(thread->place, 1);
    thread->started = true;
    start(thread->stack);
  }

  /// Its frame is left for good.
  [[noreturn, gnu::no_sanitize_address, gnu::noinline]] static void start(const StackInUse& on) {
    ucontext_t context;
    getcontext(&context);
    context.uc_stack.ss_sp = const_cast<void*>(on.bottom);
    context.uc_stack.ss_size = on.bytes;
    makecontext(&context, &Machine::thread_main, 0);
    setcontext(&context);
    std::abort();
  }

  static void thread_main();

  __attribute__((noinline)) void suspend() {
    if (_setjmp(running->place) != 0) return running->stack.arrive_from(stack_);
    running->stack.leave_for(stack_);
    _longjmp(place_, 1);
  }

  [[noreturn]] void end_thread() {
    --alive_;
    --running->block->alive;
    running->stack.leave_for(stack_);
    _longjmp(place_, 1);
  }
};

extern Machine machine;
extern Launch current;

inline Thread& self() { return *machine.running; }
inline Block& block() { return *self().block; }

/// `bytes` of a block's shared memory, which must be there.
std::uint8_t* shared_at(Block& of, std::uint32_t at, std::uint32_t bytes);

inline std::span<Thread> warpgroup_of(const Thread& thread) {
  return {thread.block->threads.data() + thread.index / kWarpgroup * kWarpgroup, kWarpgroup};
}

/// What a warp's lanes do as one: each brings its part and waits until the last has done it for
/// all. act(part of lane, for all lanes).
template <class Part, class Act>
void together(const Part& part, const Act& act) {
  Thread& me = self();
  Warp& warp = me.block->warps[static_cast<std::size_t>(me.index / kWarp)];
  if (warp.lanes.come > 0 && *warp.kind != typeid(Part))
    fault("a warp's lanes do different things");
  warp.kind = &typeid(Part);
  warp.parts[me.index % kWarp] = &part;
  machine.gather(warp.lanes, kWarp, [&] {
    act([&](int lane) -> const Part& { return *static_cast<const Part*>(warp.parts[lane]); });
  });
}

}  // namespace emulated
