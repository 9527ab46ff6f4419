#include "gpu.h"

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "machine.h"

namespace emulated {

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

std::uint8_t* shared_at(Block& of, std::uint32_t at, std::uint32_t bytes) {
  if (of.alive == 0) fault("a block's shared memory is used after its end");
  if (at < kOwnShared || at + bytes > kSharedBytes) {
    fault("shared memory has no " + std::to_string(bytes) + " bytes at " + std::to_string(at));
  }
  return of.shared.data() + at;
}

namespace {

struct Exchange {
  std::uint64_t value;
  int from;
  std::uint64_t* to;
};

struct Vote {
  bool yes;
  std::uint32_t* to;
};

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
  std::vector<Cluster> clusters(static_cast<std::size_t>(cluster_count()));
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
int cluster_count() {
  const Index& grid = current.grid;
  return static_cast<int>(grid.x / current.blocks_of_cluster * grid.y * grid.z);
}

std::uint8_t* dynamic_shared() { return block().shared.data() + kOwnShared; }
std::uint32_t address_of(const void* shared) {
  return static_cast<std::uint32_t>(static_cast<const std::uint8_t*>(shared) -
                                    block().shared.data());
}

void await_launches_before() { self().awaited = true; }
void touch_memory() {
  if (current.early && !self().awaited) fault("memory is touched before the launches before ended");
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

}  // namespace emulated
