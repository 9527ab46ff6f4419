// What the matrix kernels have in common: clusters of pairs of blocks, the walk over stages, the
// launch.
#pragma once

#include <cuda_runtime.h>

#include "kernels/cuda/early_start.cuh"
#include "kernels/hopper/ring.cuh"
#include "kernels/hopper/wgmma.cuh"

namespace clipbench::kernels::hopper {

inline constexpr int kPair = 2;  // blocks above each other

template <int N>
__device__ __forceinline__ void clear(float (&acc)[N]) {
#pragma unroll
  for (int i = 0; i < N; ++i) acc[i] = 0;
}

/// multiply(address of a stage) starts the products of each of the next `stages` ≥ 1 stages, which
/// add to acc; a stage is released once the next one's are under way.
template <int N, class Ring, class Multiply>
__device__ __forceinline__ void multiply_stages(float (&acc)[N], Ring& ring, int stages,
                                                const Multiply& multiply) {
  int previous = -1;
  do {  // a for loop makes the compiler copy accumulators inside it
    ring.wait_filled();
    wgmma_begin();
    multiply(ring.stage());
    wgmma_commit();
    if (previous >= 0) {
      wgmma_wait<1>();
      ring.release(previous);
    }
    previous = ring.slot;
    ring.advance();
  } while (--stages > 0);
  wgmma_wait<0>();
  pin(acc);
  ring.release(previous);
}

/// `clusters` clusters of `blocks` blocks, all resident at once.
template <class Params>
void launch_clusters(void (*kernel)(Params), const Params& params, int clusters, int blocks,
                     int shared_bytes, const char* name, cudaStream_t stream) {
  const auto grid = static_cast<unsigned>(clusters * blocks);
  cuda::start_early(kernel, {grid, kThreads, shared_bytes, blocks}, stream, name, params);
}

}  // namespace clipbench::kernels::hopper
