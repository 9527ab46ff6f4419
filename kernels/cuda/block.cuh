// What kernels of all families need of a block of threads: sums over its values, addresses in its
// shared memory, its place in a triangle of tiles.
#pragma once

#include <cstdint>

namespace clipbench::kernels::cuda {

__device__ __forceinline__ uint32_t shared_address(const void* p) {
  return static_cast<uint32_t>(__cvta_generic_to_shared(p));
}

/// The sum over a warp, the same bits in all of its lanes.
template <class T>
__device__ __forceinline__ T warp_sum(T v) {
#pragma unroll
  for (int offset = 16; offset > 0; offset /= 2) v += __shfl_xor_sync(~0u, v, offset);
  return v;
}

/// The sum over a block of kWarps warps, in its first thread. All of its threads take part; what is
/// added, and in which order, is always the same.
template <int kWarps>
__device__ double block_sum(double value) {
  __shared__ double of_warp[kWarps];
  value = warp_sum(value);
  __syncthreads();  // the sum before may still be read
  if (threadIdx.x % 32 == 0) of_warp[threadIdx.x / 32] = value;
  __syncthreads();
  if (threadIdx.x == 0) {
    for (int w = 1; w < kWarps; ++w) value += of_warp[w];
  }
  return value;
}

/// Tile t of a lower triangle, row by row: column <= row.
struct TrianglePlace {
  int row, column;
  __device__ explicit TrianglePlace(int t) {
    row = static_cast<int>((sqrtf(8.f * static_cast<float>(t) + 1.f) - 1.f) * 0.5f);
    while ((row + 1) * (row + 2) / 2 <= t) ++row;
    while (row * (row + 1) / 2 > t) --row;
    column = t - row * (row + 1) / 2;
  }
};

}  // namespace clipbench::kernels::cuda
