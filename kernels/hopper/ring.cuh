// The ring of stages in shared memory between the thread that starts copies and the warpgroups that
// multiply. Both walk it in the same order; a stage's full and empty barrier take turns.
#pragma once

#include "kernels/hopper/ptx.cuh"

namespace clipbench::kernels::hopper {

inline constexpr int kWarpgroup = 128;           // threads
inline constexpr int kConsumers = 2;             // warpgroups that multiply
inline constexpr int kThreads = 3 * kWarpgroup;  // and one that copies
inline constexpr int kProducerRegisters = 40, kConsumerRegisters = 232;

/// The same value in all threads of a warp, and the compiler knows.
__device__ __forceinline__ int warp_uniform(int value) { return __shfl_sync(~0u, value, 0); }

/// Blocks of a cluster fill parts of each other's stages: kSharers, this one included, whose ranks
/// differ from its own in one bit at most. A stage is empty when the consumers of all of them have
/// released it.
template <int kStages, int kStageBytes, int kSharers>
struct Ring {
  static constexpr int kBytes = kStages * kStageBytes;
  static constexpr int kBarrierBytes = 2 * kStages * 8;

  uint32_t stages, barriers;  // shared-memory addresses
  int rank;
  int slot = 0;
  uint32_t parity = 0;

  __device__ void init() const {
    for (int i = 0; i < kStages; ++i) {
      barrier_init(full(i), 1);
      barrier_init(empty(i), kConsumers * kSharers);
    }
    barrier_init_visible_to_cluster();
  }

  __device__ uint32_t full(int i) const { return barriers + 8 * i; }
  __device__ uint32_t empty(int i) const { return barriers + 8 * (kStages + i); }
  __device__ uint32_t stage() const { return stages + slot * kStageBytes; }
  __device__ uint32_t barrier() const { return full(slot); }

  __device__ void advance() {
    if (++slot == kStages) slot = 0, parity ^= 1;
  }

  /// Producer: until the stage is empty; then announces the bytes to come.
  __device__ void begin_fill(uint32_t bytes) const {
    barrier_wait(empty(slot), parity ^ 1);
    barrier_expect_bytes(full(slot), bytes);
  }

  __device__ void wait_filled() const { barrier_wait(full(slot), parity); }

  /// Consumer: a thread a sharer tells it that this warpgroup has read stage `i`.
  __device__ void release(int i) const {
    static_assert(kSharers <= 3, "ranks that differ in bit 0 or in bit 1");
    const int thread = threadIdx.x % kWarpgroup;
    if (thread < kSharers) barrier_arrive_at(empty(i), rank ^ thread);
  }
};

}  // namespace clipbench::kernels::hopper
