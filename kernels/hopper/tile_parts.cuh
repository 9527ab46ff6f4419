// How a warpgroup's 64 × 256 accumulators leave for memory: boxes of 64 rows × 128 bytes in shared
// memory, which the copy engine stores or adds.
#pragma once

#include <cuda_bf16.h>

#include "kernels/hopper/linear_tiles.cuh"

namespace clipbench::kernels::hopper {

template <class Out>
inline constexpr int kPartColumns = 128 / sizeof(Out);

inline constexpr int kPartBytes = 64 * 128;

/// Part `part` of the tile to the box at `to`. values(j, v) sets v to what becomes of accumulators
/// 4j … 4j + 3.
template <class Values>
__device__ __forceinline__ void write_part(float, uint32_t to, int part, const Consumer& me,
                                           const Values& values) {
  const int row = me.warp * 16 + me.lane / 4, quad = me.lane % 4;
#pragma unroll
  for (int k = 0; k < 4; ++k) {  // 8 columns
    float v[4];
    values(4 * part + k, v);
    const int chunk = (2 * k + quad / 2) ^ (row % 8);
#pragma unroll
    for (int half = 0; half < 2; ++half) {
      const uint32_t at = to + (row + 8 * half) * 128 + chunk * 16 + quad % 2 * 8;
      asm volatile("st.shared.v2.f32 [%0], {%1, %2};" ::"r"(at), "f"(v[2 * half]),
                   "f"(v[2 * half + 1])
                   : "memory");
    }
  }
}

__device__ __forceinline__ uint32_t rounded_pair(float x, float y) {
  const __nv_bfloat162 pair = __floats2bfloat162_rn(x, y);
  return *reinterpret_cast<const uint32_t*>(&pair);
}

template <class Values>
__device__ __forceinline__ void write_part(__nv_bfloat16, uint32_t to, int part, const Consumer& me,
                                           const Values& values) {
#pragma unroll
  for (int k = 0; k < 8; k += 2) {  // 16 columns
    float v[4], w[4];
    values(8 * part + k, v);
    values(8 * part + k + 1, w);
    store_16_columns(to, k, me,
                     {rounded_pair(v[0], v[1]), rounded_pair(v[2], v[3]), rounded_pair(w[0], w[1]),
                      rounded_pair(w[2], w[3])});
  }
}

}  // namespace clipbench::kernels::hopper
