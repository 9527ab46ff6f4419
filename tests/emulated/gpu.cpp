#include "gpu.h"

#include <cuda_fp16.h>
#include <setjmp.h>
#include <sys/mman.h>
#include <ucontext.h>
#ifdef __SANITIZE_ADDRESS__
#include <sanitizer/common_interface_defs.h>
#endif

#include <algorithm>
#include <bit>
#include <cstring>
#include <deque>
#include <exception>
#include <memory>
#include <random>
#include <span>
#include <stdexcept>
#include <string>
#include <typeinfo>
#include <vector>

#include "tensor_map.h"

namespace emulated {
namespace {

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

[[noreturn]] void fault(const std::string& what) {
  throw std::logic_error("emulated GPU: " + what);
}

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
  int clusters = 0;
  bool early = false;

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
      failure_ = std::make_exception_ptr(std::logic_error("emulated GPU: " + waiting_words()));
      return;
    }
    ready_.swap(looking_);
  }

  void perform_any_load();

  std::string waiting_words() const {
    return std::to_string(alive_) + " threads wait for what nobody brings";
  }

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

Machine machine;
Launch current;

void Machine::thread_main() {
  machine.running->stack.arrive_from(machine.stack_);
  try {
    (*machine.kernel_)();
    const Thread& thread = *machine.running;
    if (!thread.copies.empty() || !thread.products.empty() || !thread.stores.empty()) {
      fault("a thread ends before its copies, products or stores");
    }
  } catch (...) {
    machine.failure_ = std::current_exception();
  }
  machine.end_thread();
}

Thread& self() { return *machine.running; }
Block& block() { return *self().block; }

std::uint8_t* shared_at(Block& of, std::uint32_t at, std::uint32_t bytes) {
  if (of.alive == 0) fault("a block's shared memory is used after its end");
  if (at < kOwnShared || at + bytes > kSharedBytes) {
    fault("shared memory has no " + std::to_string(bytes) + " bytes at " + std::to_string(at));
  }
  return of.shared.data() + at;
}

// --- Warps ---------------------------------------------------------------------------------------

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

struct Exchange {
  std::uint64_t value;
  int from;
  std::uint64_t* to;
};

struct Vote {
  bool yes;
  std::uint32_t* to;
};

struct MatrixLoad {
  std::uint32_t from;
  bool transposed;
  std::uint32_t* to;
};

/// Matrix `i` of a warp's load.
void load_matrix(int i, const auto& part) {
  std::uint16_t matrix[8][8];
  for (int row = 0; row < 8; ++row) {
    const std::uint32_t from = part(8 * i + row).from;
    if (from % 16 != 0) fault("a matrix's row at an address that is no multiple of 16");
    std::memcpy(matrix[row], shared_at(block(), from, 16), 16);
  }
  for (int lane = 0; lane < kWarp; ++lane) {
    const MatrixLoad& load = part(lane);
    const int y = lane / 4, x = lane % 4 * 2;
    const std::uint32_t low = load.transposed ? matrix[x][y] : matrix[y][x];
    const std::uint32_t high = load.transposed ? matrix[x + 1][y] : matrix[y][x + 1];
    load.to[i] = low | high << 16;
  }
}

void perform(const Copy& copy) {
  std::memset(copy.to, 0, 16);
  std::memcpy(copy.to, copy.from, copy.valid);
}

// --- Barriers in shared memory -------------------------------------------------------------------

std::uint8_t* barrier_at(Block& of, std::uint32_t at) {
  if (at % 8 != 0) fault("a barrier at an address that is no multiple of 8");
  return shared_at(of, at, 8);
}

SharedBarrier load_barrier(Block& of, std::uint32_t at) {
  return std::bit_cast<SharedBarrier>(*reinterpret_cast<std::uint64_t*>(barrier_at(of, at)));
}

void store_barrier(Block& of, std::uint32_t at, SharedBarrier barrier) {
  std::memcpy(barrier_at(of, at), &barrier, 8);
}

/// Arrivals and bytes that have come, or bytes to come (< 0); the phase ends where nothing is
/// missing.
void advance_barrier(Block& of, std::uint32_t at, int arrived, std::int64_t bytes) {
  SharedBarrier barrier = load_barrier(of, at);
  if (barrier.arrivals == 0) fault("a barrier that is not initialised");
  if (barrier.missing < static_cast<unsigned>(arrived))
    fault("more arrive at a barrier than it waits for");
  barrier.missing -= static_cast<unsigned>(arrived) & 0x7fff;
  barrier.bytes -= bytes;
  const bool over = barrier.missing == 0 && barrier.bytes == 0;
  if (over) {
    barrier.phase ^= 1;
    barrier.missing = barrier.arrivals;
  }
  store_barrier(of, at, barrier);
  if (over) machine.wake(of.waiters, at);
}

// --- Boxes ---------------------------------------------------------------------------------------

/// call(its place in memory, its place in shared memory, whether the tensor has it), element by
/// element.
template <class Call>
void for_elements(const TensorMap& map, std::uint32_t box, int x, int y, int z, const Call& call) {
  if (box % 128 != 0) fault("a box at an address that is no multiple of 128");
  const std::uint32_t size = map.element_bytes();
  for (std::uint32_t row = 0; row < map.box[1]; ++row) {
    const auto at_y = static_cast<std::uint64_t>(y) + row;
    const bool row_inside = at_y < map.extents[1] && static_cast<std::uint64_t>(z) < map.extents[2];
    std::uint8_t* const memory =
        map.base + at_y * map.strides[0] + static_cast<std::uint64_t>(z) * map.strides[1];
    for (std::uint32_t i = 0; i < map.box[0]; ++i) {
      const auto at_x = static_cast<std::uint64_t>(x) + i;
      const std::uint32_t to = swizzled(box + row * map.row_bytes + i * size, map.row_bytes);
      call(memory + at_x * size, to, row_inside && at_x < map.extents[0]);
    }
  }
}

void copy_to_block(const Load& load, Block& to) {
  const std::uint32_t size = load.map.element_bytes();
  shared_at(to, load.to, load.map.box[1] * load.map.row_bytes);
  std::uint8_t* const shared = to.shared.data();
  for_elements(load.map, load.to, load.x, load.y, load.z,
               [&](const std::uint8_t* from, std::uint32_t at, bool inside) {
                 if (!inside) {
                   std::memset(shared + at, 0, size);
                 } else if (load.map.type == MapType::tf32) {
                   float value;
                   std::memcpy(&value, from, 4);
                   value = rounded_to_tf32(value);
                   std::memcpy(shared + at, &value, 4);
                 } else {
                   std::memcpy(shared + at, from, size);
                 }
               });
  advance_barrier(to, load.barrier, 0, load.map.box[1] * load.map.row_bytes);
}

void perform(const Load& load) {
  for (auto& to : load.cluster->blocks) {
    if (load.ranks >> to->rank & 1) copy_to_block(load, *to);
  }
}

void perform(const BoxStore& store) {
  const std::uint32_t size = store.map.element_bytes();
  shared_at(*store.block, store.from, store.map.box[1] * store.map.row_bytes);
  const std::uint8_t* const shared = store.block->shared.data();
  for_elements(store.map, store.from, store.x, store.y, store.z,
               [&](std::uint8_t* to, std::uint32_t at, bool inside) {
                 if (!inside) return;
                 if (store.how == Store::over) {
                   std::memcpy(to, shared + at, size);
                   return;
                 }
                 float sum, part;
                 std::memcpy(&sum, to, 4), std::memcpy(&part, shared + at, 4);
                 sum += part;
                 std::memcpy(to, &sum, 4);
               });
}

void Machine::issue(Load load) { settings.late_loads ? loads_.push_back(load) : perform(load); }

void Machine::perform_any_load() { perform(take_any(loads_)); }

// --- Products ------------------------------------------------------------------------------------

constexpr int kRows = 64, kMaxColumns = 256, kMaxSteps = 16;

int steps_of(Operands type) { return type == Operands::tf32 ? 8 : 16; }

/// The lowest bits, as an operand.
float widened(std::uint32_t bits, Operands type) {
  if (type == Operands::tf32) return std::bit_cast<float>(bits & ~0x1fffu);
  if (type == Operands::bf16) return std::bit_cast<float>(bits << 16);
  return __half2float(__ushort_as_half(static_cast<unsigned short>(bits)));
}

/// Elements [k][row] of an operand: 16 k of 2 bytes, or 8 of 4.
class Operand {
 public:
  float values[kMaxSteps][kMaxColumns];

  void read(Block& of, const Product& product, std::uint64_t descriptor, int rows) {
    const std::uint32_t start = field(descriptor, 0), row_stride = field(descriptor, 16),
                        group_stride = field(descriptor, 32);
    const std::uint32_t row_bytes = descriptor >> 62 == 1 ? 128 : 64;
    const bool wide = product.operands == Operands::tf32;
    const std::uint32_t size = wide ? 4 : 2, of_row = row_bytes / size;
    for (std::uint32_t k = 0; k < 32 / size; ++k) {
      for (std::uint32_t i = 0; i < static_cast<std::uint32_t>(rows); ++i) {
        const std::uint32_t at = product.by_k
                                     ? start + i / 8 * group_stride + i % 8 * row_bytes + k * size
                                     : start + i / of_row * row_stride + k / 8 * group_stride +
                                           k % 8 * row_bytes + i % of_row * size;
        std::uint32_t bits = 0;
        std::memcpy(&bits, shared_at(of, swizzled(at, row_bytes), size), size);
        values[k][i] = widened(bits, product.operands);
      }
    }
  }

 private:
  static std::uint32_t field(std::uint64_t descriptor, int bit) {
    return static_cast<std::uint32_t>(descriptor >> bit & 0x3fff) << 4;
  }
};

/// A warpgroup's accumulators, as a matrix.
class Accumulators {
 public:
  explicit Accumulators(std::span<Thread> threads) : threads_(threads) {}
  ~Accumulators() { put_back(); }

  /// Product `i` of every thread's oldest group.
  void multiply(std::size_t i) {
    const Product& product = nth(threads_[0], i);
    for (Thread& thread : threads_) {
      const Product& other = nth(thread, i);
      if (other.a != product.a || other.b != product.b || other.keep != product.keep) {
        fault("threads of a warpgroup multiply different operands");
      }
    }
    if (product.accumulators != loaded_) load(i);
    const int columns = 2 * product.count;
    static Operand a, b;
    a.read(*threads_[0].block, product, product.a, kRows);
    b.read(*threads_[0].block, product, product.b, columns);
    if (!product.keep) std::fill_n(&values_[0][0], kRows * kMaxColumns, 0.f);
    const int steps = steps_of(product.operands);
    for (int row = 0; row < kRows; ++row) {
      float* const sums = values_[row];
      for (int k = 0; k < steps; ++k) {
        const float factor = a.values[k][row];
        const float* const others = b.values[k];
        for (int column = 0; column < columns; ++column) sums[column] += factor * others[column];
      }
    }
  }

 private:
  std::span<Thread> threads_;
  const float* loaded_ = nullptr;
  std::vector<float*> places_;
  int count_ = 0;
  inline static float values_[kRows][kMaxColumns];

  static const Product& nth(const Thread& thread, std::size_t i) {
    return thread.products.committed.front().at(i);
  }

  /// call(an element of the matrix, the thread's own).
  template <class Call>
  void for_all(const Call& call) {
    for (int t = 0; t < kWarpgroup; ++t) {
      const int lane = t % kWarp, row = t / kWarp * 16 + lane / 4, column = lane % 4 * 2;
      for (int i = 0; i < count_; ++i) {
        call(values_[row + i / 2 % 2 * 8][column + i / 4 * 8 + i % 2],
             places_[static_cast<std::size_t>(t)][i]);
      }
    }
  }

  void load(std::size_t i) {
    put_back();
    places_.clear();
    for (const Thread& thread : threads_) places_.push_back(nth(thread, i).accumulators);
    loaded_ = places_[0];
    count_ = nth(threads_[0], i).count;
    for_all([](float& value, const float& own) { value = own; });
  }

  void put_back() {
    if (loaded_) for_all([](const float& value, float& own) { own = value; });
    loaded_ = nullptr;
  }
};

/// All but the newest `pending` groups of a warpgroup.
void perform_products(std::span<Thread> threads, int pending) {
  const auto groups = threads[0].products.committed.size();
  for (const Thread& thread : threads) {
    if (thread.products.committed.size() != groups)
      fault("threads of a warpgroup commit differently");
  }
  Accumulators accumulators(threads);
  for (auto left = groups; left > static_cast<std::size_t>(pending); --left) {
    for (std::size_t i = 0; i < threads[0].products.committed.front().size(); ++i) {
      accumulators.multiply(i);
    }
    for (Thread& thread : threads) thread.products.committed.pop_front();
  }
}

std::span<Thread> warpgroup_of(const Thread& thread) {
  return {thread.block->threads.data() + thread.index / kWarpgroup * kWarpgroup, kWarpgroup};
}

void gather_products(int pending) {
  const int group = self().index / kWarpgroup;
  const auto threads = warpgroup_of(self());
  machine.gather(block().warpgroups.at(static_cast<std::size_t>(group)), kWarpgroup,
                 [&] { perform_products(threads, pending); });
}

/// A warp's fragments as matrices.
class Fragments {
 public:
  explicit Fragments(Operands type) : type_(type), in_register_(type == Operands::tf32 ? 1 : 2) {}

  void add(int lane, const FragmentProduct& product) {
    if (product.operands != type_) fault("a warp's lanes multiply different operands");
    const int group = lane / 4;
    for (int i = 0; i < 4; ++i) {
      for (int e = 0; e < in_register_; ++e) {
        rows_[group + i % 2 * 8][step(lane, i / 2, e)] = element(product.rows[i], e);
        if (i < 2) columns_[step(lane, i, e)][group] = element(product.columns[i], e);
      }
      sums_[group + i / 2 * 8][lane % 4 * 2 + i % 2] = product.sums[i];
    }
  }

  void multiply() {
    for (int row = 0; row < 16; ++row) {
      for (int k = 0; k < steps_of(type_); ++k) {
        for (int column = 0; column < 8; ++column) {
          sums_[row][column] += rows_[row][k] * columns_[k][column];
        }
      }
    }
  }

  void take(int lane, const FragmentProduct& product) const {
    for (int i = 0; i < 4; ++i) {
      product.sums[i] = sums_[lane / 4 + i / 2 * 8][lane % 4 * 2 + i % 2];
    }
  }

 private:
  Operands type_;
  int in_register_;
  float rows_[16][kMaxSteps], columns_[kMaxSteps][8], sums_[16][8];

  int step(int lane, int half, int e) const { return (lane % 4 + 4 * half) * in_register_ + e; }
  float element(std::uint32_t bits, int e) const { return widened(bits >> 16 * e, type_); }
};

// --- Launches ------------------------------------------------------------------------------------

std::unique_ptr<Block> make_block(Cluster* cluster, int rank, Index index, Index threads) {
  auto block = std::make_unique<Block>();
  block->cluster = cluster;
  block->rank = rank;
  block->index = index;
  block->shared.assign(kSharedBytes, 0xcd);
  block->threads.resize(threads.x);
  block->alive = static_cast<int>(threads.x);
  for (int i = 0; auto& thread : block->threads) thread.block = block.get(), thread.index = i++;
  block->warps.resize((threads.x + kWarp - 1) / kWarp);
  block->warpgroups.resize((threads.x + kWarpgroup - 1) / kWarpgroup);
  return block;
}

}  // namespace

void use(const Settings& to) { machine.settings = to; }
const Settings& settings() { return machine.settings; }

void run(const Launch& launch, const std::function<void()>& kernel) {
  current = launch;
  const unsigned of_cluster = launch.blocks_of_cluster;
  const Index grid = launch.grid;
  std::vector<Cluster> clusters(grid.x / of_cluster * grid.y * grid.z);
  machine.clusters = static_cast<int>(clusters.size());
  machine.early = launch.early;
  for (unsigned i = 0; Cluster & cluster : clusters) {
    cluster.index = static_cast<int>(i / of_cluster);
    for (unsigned rank = 0; rank < of_cluster; ++rank, ++i) {
      const Index index{i % grid.x, i / grid.x % grid.y, i / grid.x / grid.y};
      cluster.blocks.push_back(make_block(&cluster, static_cast<int>(rank), index, launch.block));
    }
    if (of_cluster > 1) continue;
    machine.run({&cluster, 1}, kernel);
    cluster.blocks.clear();
  }
  if (of_cluster > 1) machine.run(clusters, kernel);
}

Index thread_index() { return {static_cast<unsigned>(self().index)}; }
Index block_index() { return block().index; }
const Index& block_size() { return current.block; }
const Index& grid_size() { return current.grid; }
int rank_in_cluster() { return block().rank; }
int cluster_index() { return block().cluster->index; }
int cluster_count() { return machine.clusters; }

std::uint8_t* dynamic_shared() { return block().shared.data() + kOwnShared; }
std::uint32_t address_of(const void* shared) {
  return static_cast<std::uint32_t>(static_cast<const std::uint8_t*>(shared) -
                                    block().shared.data());
}

void await_launches_before() { self().awaited = true; }
void touch_memory() {
  if (machine.early && !self().awaited) fault("memory is touched before the launches before ended");
}
void touch_memory(const void* at, std::size_t bytes) {
  touch_memory();
  if (reinterpret_cast<std::uintptr_t>(at) % bytes != 0) {
    fault(std::to_string(bytes) + " bytes at an address that is no multiple of them");
  }
}

void block_barrier(int id, int threads) {
  const int all = static_cast<int>(block().threads.size());
  machine.gather(block().named[id], threads < 0 ? all : threads, [] {});
}

void cluster_barrier() {
  Cluster& cluster = *block().cluster;
  const auto all = cluster.blocks.size() * block().threads.size();
  machine.gather(cluster.all, static_cast<int>(all), [] {});
}

std::uint64_t exchange(std::uint64_t value, int from) {
  std::uint64_t received;
  together(Exchange{value, from % kWarp, &received}, [](const auto& part) {
    for (int lane = 0; lane < kWarp; ++lane) {
      const Exchange& exchange = part(lane);
      *exchange.to = part(exchange.from).value;
    }
  });
  return received;
}

std::uint32_t vote(bool yes) {
  std::uint32_t votes;
  together(Vote{yes, &votes}, [](const auto& part) {
    std::uint32_t all = 0;
    for (int lane = 0; lane < kWarp; ++lane) all |= std::uint32_t{part(lane).yes} << lane;
    for (int lane = 0; lane < kWarp; ++lane) *part(lane).to = all;
  });
  return votes;
}

void look_again() { machine.look(); }

void store_matrices(std::uint32_t to, const std::uint32_t (&m)[4]) {
  self().has_hidden_writes = true;
  const int lane = self().index % kWarp;
  for (int i = 0; i < 4; ++i) {
    const auto row = static_cast<std::uint32_t>(exchange(to, 8 * i + lane / 4));
    if (row % 16 != 0) fault("a matrix's row at an address that is no multiple of 16");
    std::memcpy(shared_at(block(), row, 16) + lane % 4 * 4, &m[i], 4);
  }
}

void load_matrices(std::uint32_t (&m)[4], bool transposed, std::uint32_t from) {
  together(MatrixLoad{from, transposed, m}, [](const auto& part) {
    for (int i = 0; i < 4; ++i) load_matrix(i, part);
  });
}

void show_writes_to_copies() { self().has_hidden_writes = false; }

void store_pair(std::uint32_t to, float x, float y) {
  self().has_hidden_writes = true;
  if (to % 8 != 0) fault("8 bytes at an address that is no multiple of 8");
  const float both[2] = {x, y};
  std::memcpy(shared_at(block(), to, 8), both, 8);
}

void copy_16_bytes(std::uint32_t to, const void* from, int valid) {
  touch_memory();
  if (to % 16 != 0 || reinterpret_cast<std::uintptr_t>(from) % 16 != 0) {
    fault("16 bytes at an address that is no multiple of 16");
  }
  if (valid < 0 || valid > 16) fault("a copy of more than it has room for");
  const Copy copy{shared_at(block(), to, 16), from, static_cast<std::size_t>(valid)};
  machine.settings.late_loads ? self().copies.open.push_back(copy) : perform(copy);
}

void commit_copies() { self().copies.commit(); }

void wait_copies(int pending) {
  auto& groups = self().copies.committed;
  for (; groups.size() > static_cast<std::size_t>(pending); groups.pop_front()) {
    for (const Copy& copy : groups.front()) perform(copy);
  }
}

void barrier_init(std::uint32_t barrier, int arrivals) {
  const auto all = static_cast<unsigned>(arrivals) & 0x7fff;
  store_barrier(block(), barrier, {.phase = 0, .arrivals = all, .missing = all, .bytes = 0});
}

void barrier_expect_bytes(std::uint32_t barrier, std::uint32_t bytes) {
  advance_barrier(block(), barrier, 1, -std::int64_t{bytes});
}

void barrier_arrive_at(std::uint32_t barrier, int rank) {
  advance_barrier(*block().cluster->blocks.at(static_cast<std::size_t>(rank)), barrier, 1, 0);
}

void barrier_wait(std::uint32_t barrier, std::uint32_t parity) {
  while (load_barrier(block(), barrier).phase == parity) machine.wait_in(block().waiters, barrier);
}

void load_box(unsigned ranks, std::uint32_t to, const void* map, std::uint32_t barrier, int x,
              int y, int z) {
  touch_memory();
  machine.issue(
      {block().cluster, ranks, to, barrier, *static_cast<const TensorMap*>(map), x, y, z});
}

void store_box(Store how, const void* map, std::uint32_t from, int x, int y, int z) {
  for (const Thread& other : warpgroup_of(self())) {
    if (other.has_hidden_writes) fault("a copy doesn't see what a thread beside it has written");
  }
  touch_memory();
  self().stores.open.push_back({&block(), how, *static_cast<const TensorMap*>(map), from, x, y, z});
}

void commit_stores() {
  self().stores.commit();
  if (!machine.settings.late_stores) wait_stores(0);
}

void wait_stores(int pending) {
  auto& groups = self().stores.committed;
  for (; groups.size() > static_cast<std::size_t>(pending); groups.pop_front()) {
    for (const BoxStore& store : groups.front()) perform(store);
  }
}

void multiply(const Product& product) { self().products.open.push_back(product); }

void commit_products() {
  self().products.commit();
  if (!machine.settings.late_products) gather_products(0);
}

void wait_products(int pending) {
  if (machine.settings.late_products) gather_products(pending);
}

void multiply_fragments(const FragmentProduct& product) {
  together(product, [](const auto& part) {
    Fragments fragments(part(0).operands);
    for (int lane = 0; lane < kWarp; ++lane) fragments.add(lane, part(lane));
    fragments.multiply();
    for (int lane = 0; lane < kWarp; ++lane) fragments.take(lane, part(lane));
  });
}

float rounded_to_tf32(float value) {
  const auto bits = std::bit_cast<std::uint32_t>(value);
  return value == value ? std::bit_cast<float>((bits + 0x1000) & ~0x1fffu) : value;
}

}  // namespace emulated
