// What threads of an emulated GPU do to shared memory, and copies between it and device memory.
#include <bit>
#include <cstdint>
#include <cstring>
#include <string>

#include "machine.h"

namespace emulated {
namespace {

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

}  // namespace

void Machine::issue(Load load) { settings.late_loads ? loads_.push_back(load) : perform(load); }

void Machine::perform_any_load() { perform(take_any(loads_)); }

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

}  // namespace emulated
