// A GPU's threads, blocks and clusters as one thread of the CPU runs them, so that the sources of
// kernels/hopper, kernels/ampere and kernels/cuda run where no GPU is: what they compute, who waits
// for whom, and what lies where in shared memory. Not how long it takes, nor what a warp's threads
// do to each other without a barrier.
//
// Every thread has a stack and runs until it waits. Who goes on next is drawn, or whoever stopped
// waiting last, so that a warp runs as far ahead of the others as barriers let it. Copies and
// products that the hardware runs behind the program's back happen as late as the program allows,
// or as soon as they are issued: a program must be right either way.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>

namespace emulated {

struct Index {
  unsigned x = 0, y = 0, z = 0;
};

struct Settings {
  int multiprocessors = 4;
  bool late_loads = false, late_stores = false, late_products = false;  // else as soon as issued
  unsigned seed = 1;
  bool unfair = false;  // last come, first served
};

/// Of all launches from now on.
void use(const Settings& settings);
const Settings& settings();

struct Launch {
  Index grid, block;
  unsigned blocks_of_cluster = 1;
  bool early = false;  // threads must await_launches_before() they touch memory
};

/// Runs a kernel to its end; clusters run at the same time, blocks outside clusters one by one.
/// Throws std::logic_error where threads wait for ever, copy or multiply what isn't theirs, or
/// leave work unfinished.
void run(const Launch& launch, const std::function<void()>& kernel);

// --- What the running thread asks for ------------------------------------------------------------

Index thread_index();
Index block_index();
const Index& block_size();
const Index& grid_size();
int rank_in_cluster();
int cluster_index();
int cluster_count();

/// The block's shared memory is addressed as the GPU does, from 0 on; what is the kernel's own
/// begins behind what the system takes, on no round address.
std::uint8_t* dynamic_shared();
std::uint32_t address_of(const void* shared);

void await_launches_before();
/// Called where device memory is read or written by other means than plain pointers.
void touch_memory();
/// The same of `bytes` at once, which lie on a multiple of them.
void touch_memory(const void* at, std::size_t bytes);

/// Until `threads` of the block, or all of the cluster, have come to the same barrier.
void block_barrier(int id, int threads);
void cluster_barrier();

/// Lanes exchange 8 bytes: the value of lane `from`.
std::uint64_t exchange(std::uint64_t value, int from);
/// Bit i: what lane i says.
std::uint32_t vote(bool yes);

/// Lets others run: the thread looks at something that they write.
void look_again();

/// A matrix of 8 × 8 elements of 16 bits, four of them: lane i names the address of row i % 8 of
/// matrix i / 8 and holds two elements of each, neighbours in row i / 4.
void store_matrices(std::uint32_t to, const std::uint32_t (&m)[4]);
/// The same the other way; transposed, neighbours in column i / 4.
void load_matrices(std::uint32_t (&m)[4], bool transposed, std::uint32_t from);
void store_pair(std::uint32_t to, float x, float y);

/// What this thread has stored by the two above is seen by copies from now on.
void show_writes_to_copies();

/// 16 bytes to shared memory, the first `valid` of them from `from`, zeros behind. A thread's own
/// copies, of which there are groups.
void copy_16_bytes(std::uint32_t to, const void* from, int valid);
void commit_copies();
void wait_copies(int pending);

void barrier_init(std::uint32_t barrier, int arrivals);
void barrier_expect_bytes(std::uint32_t barrier, std::uint32_t bytes);
void barrier_arrive_at(std::uint32_t barrier, int rank);
void barrier_wait(std::uint32_t barrier, std::uint32_t parity);

/// `map` is what the stand-in for cuTensorMapEncodeTiled wrote.
void load_box(unsigned ranks, std::uint32_t to, const void* map, std::uint32_t barrier, int x,
              int y, int z);
enum class Store { over, add };
void store_box(Store how, const void* map, std::uint32_t from, int x, int y, int z);
void commit_stores();
void wait_stores(int pending);

/// What a product's operands are.
enum class Operands { bf16, f16, tf32 };
struct Product {
  Operands operands;
  bool by_k;  // which index is contiguous: the one summed over, or the other one
  std::uint64_t a, b;
  bool keep;
  float* accumulators;
  int count;  // of a thread
};
void multiply(const Product& product);
void commit_products();
void wait_products(int pending);

/// A warp's product of what its lanes hold, done at once: sums [16,8] += rows [16,k] · columns
/// [k,8], k being 32 bytes of elements.
struct FragmentProduct {
  Operands operands;
  float* sums;
  const std::uint32_t* rows;
  std::uint32_t columns[2];
};
void multiply_fragments(const FragmentProduct& product);

/// To the nearest, ties away from zero.
float rounded_to_tf32(float value);

}  // namespace emulated
