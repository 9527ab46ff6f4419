// Groups of consecutive elements in f32 registers, bf16 or f32 in memory: 16 bytes an access where
// the group is 8 bf16 or 4 f32. Memory that is touched once is streamed past the caches.
#pragma once

#include <cuda_bf16.h>

#include <cstdint>

namespace clipbench::kernels::cuda {

using bf16 = __nv_bfloat16;

__device__ inline void unpack(uint4 raw, float (&to)[8]) {
  const uint32_t words[4] = {raw.x, raw.y, raw.z, raw.w};
#pragma unroll
  for (int i = 0; i < 4; ++i) {
    to[2 * i] = __uint_as_float(words[i] << 16);
    to[2 * i + 1] = __uint_as_float(words[i] & 0xffff0000u);
  }
}

/// What a thread reads before it converts: loads of a batch are under way together.
template <class T, int N>
struct Raw;

template <>
struct Raw<bf16, 8> {
  uint4 bits = {0, 0, 0, 0};
  __device__ void load(const bf16* from) { bits = __ldcs(reinterpret_cast<const uint4*>(from)); }
  __device__ void unpack_to(float (&to)[8]) const { unpack(bits, to); }
};

template <>
struct Raw<float, 8> {
  float4 low = {0, 0, 0, 0}, high = {0, 0, 0, 0};
  __device__ void load(const float* from) {
    low = __ldcs(reinterpret_cast<const float4*>(from));
    high = __ldcs(reinterpret_cast<const float4*>(from) + 1);
  }
  __device__ void unpack_to(float (&to)[8]) const {
    const float all[8] = {low.x, low.y, low.z, low.w, high.x, high.y, high.z, high.w};
#pragma unroll
    for (int i = 0; i < 8; ++i) to[i] = all[i];
  }
};

template <class T>
struct Raw<T, 1> {
  T value = static_cast<T>(0.f);
  __device__ void load(const T* from) { value = *from; }
  __device__ void unpack_to(float (&to)[1]) const { to[0] = static_cast<float>(value); }
};

__device__ inline void store(bf16* to, const float (&from)[8]) {
  union {
    uint4 bits;
    __nv_bfloat162 pairs[4];
  } packed;
#pragma unroll
  for (int i = 0; i < 4; ++i) packed.pairs[i] = __floats2bfloat162_rn(from[2 * i], from[2 * i + 1]);
  __stcs(reinterpret_cast<uint4*>(to), packed.bits);
}

__device__ inline void store(float* to, const float (&from)[8]) {
  __stcs(reinterpret_cast<float4*>(to), make_float4(from[0], from[1], from[2], from[3]));
  __stcs(reinterpret_cast<float4*>(to) + 1, make_float4(from[4], from[5], from[6], from[7]));
}

__device__ inline void store(bf16* to, const float (&from)[1]) {
  *to = __float2bfloat16_rn(from[0]);
}
__device__ inline void store(float* to, const float (&from)[1]) { *to = from[0]; }

}  // namespace clipbench::kernels::cuda
