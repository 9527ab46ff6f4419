// In place of kernels/hopper/ptx.cuh: the same functions, of an emulated GPU.
#pragma once

#include <cuda.h>

#include <cmath>

#include "gpu.h"
#include "kernels/cuda/block.cuh"

namespace clipbench::kernels::hopper {

using cuda::shared_address, cuda::warp_sum;
using emulated::barrier_arrive_at, emulated::barrier_expect_bytes, emulated::barrier_init,
    emulated::barrier_wait, emulated::commit_stores, emulated::dynamic_shared,
    emulated::store_matrices, emulated::store_pair;

inline void barrier_init_visible_to_cluster() {}
inline void warpgroup_sync(int id) { emulated::block_barrier(id, 128); }

inline int cluster_rank() { return emulated::rank_in_cluster(); }
inline int this_cluster() { return emulated::cluster_index(); }
inline int clusters() { return emulated::cluster_count(); }
inline void cluster_sync() { emulated::cluster_barrier(); }

inline void load_box(uint32_t to, const CUtensorMap& map, uint32_t barrier, int x, int y, int z) {
  emulated::load_box(1u << cluster_rank(), to, &map, barrier, x, y, z);
}
inline void load_box_to_blocks(uint16_t blocks, uint32_t to, const CUtensorMap& map,
                               uint32_t barrier, int x, int y, int z) {
  emulated::load_box(blocks, to, &map, barrier, x, y, z);
}
inline void store_box(const CUtensorMap& map, uint32_t from, int x, int y, int z) {
  emulated::store_box(emulated::Store::over, &map, from, x, y, z);
}
inline void add_box(const CUtensorMap& map, uint32_t from, int x, int y) {
  emulated::store_box(emulated::Store::add, &map, from, x, y, 0);
}
template <int kPending>
void wait_stores_read() {
  emulated::wait_stores(kPending);
}
inline void wait_stores_done() { emulated::wait_stores(0); }
inline void shared_writes_visible_to_copies() { emulated::show_writes_to_copies(); }

inline void raise_flag(int* flag) { *flag = 1; }
inline int read_flag(const int* flag) {
  emulated::look_again();
  return *flag;
}

template <int kRegisters>
void give_registers_up() {}
template <int kRegisters>
void take_registers() {}

inline float square_root(float v) { return std::sqrt(v); }

}  // namespace clipbench::kernels::hopper
