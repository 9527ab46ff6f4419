// Groups of consecutive elements in f32 registers, bf16, f16 or f32 in memory: 16 bytes an access
// where the group is 8 narrow elements or 4 f32. Memory that is touched once is streamed past the
// caches.
#pragma once

#include <cuda_bf16.h>
#include <cuda_fp16.h>

#include <cstdint>
#include <stdexcept>

#include "kernels/cuda/element_type.h"

namespace clipbench::kernels::cuda {

using bf16 = __nv_bfloat16;
using f16 = __half;

/// Calls call(an element of this type).
template <class Call>
void with_element(Element type, const Call& call) {
  switch (type) {
    case Element::f32:
      return call(float{});
    case Element::bf16:
      return call(bf16{});
    case Element::f16:
      return call(f16{});
  }
}

/// The same of the two narrow types. Throws std::invalid_argument for f32.
template <class Call>
void with_narrow_element(Element type, const Call& call) {
  if (type == Element::f32) throw std::invalid_argument("expected bf16 or f16 operands, got f32");
  type == Element::bf16 ? call(bf16{}) : call(f16{});
}

/// Two elements next to each other.
template <class T>
struct Pair;

template <>
struct Pair<bf16> {
  __nv_bfloat162 both;
  __device__ static Pair rounded(float x, float y) { return {__floats2bfloat162_rn(x, y)}; }
  __device__ float2 widened() const { return __bfloat1622float2(both); }
};

template <>
struct Pair<f16> {
  __half2 both;
  __device__ static Pair rounded(float x, float y) { return {__floats2half2_rn(x, y)}; }
  __device__ float2 widened() const { return __half22float2(both); }
};

/// What a thread reads before it converts: loads of a batch are under way together.
template <class T, int N>
struct Raw;

template <class T>
struct Raw<T, 8> {
  uint4 bits = {0, 0, 0, 0};
  __device__ void load(const T* from) { bits = __ldcs(reinterpret_cast<const uint4*>(from)); }
  __device__ void unpack_to(float (&to)[8]) const {
    const auto* pairs = reinterpret_cast<const Pair<T>*>(&bits);
#pragma unroll
    for (int i = 0; i < 4; ++i) {
      const float2 two = pairs[i].widened();
      to[2 * i] = two.x;
      to[2 * i + 1] = two.y;
    }
  }
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

template <class T>
__device__ void store(T* to, const float (&from)[8]) {
  uint4 bits;
  auto* pairs = reinterpret_cast<Pair<T>*>(&bits);
#pragma unroll
  for (int i = 0; i < 4; ++i) pairs[i] = Pair<T>::rounded(from[2 * i], from[2 * i + 1]);
  __stcs(reinterpret_cast<uint4*>(to), bits);
}

__device__ inline void store(float* to, const float (&from)[8]) {
  __stcs(reinterpret_cast<float4*>(to), make_float4(from[0], from[1], from[2], from[3]));
  __stcs(reinterpret_cast<float4*>(to) + 1, make_float4(from[4], from[5], from[6], from[7]));
}

template <class T>
__device__ void store(T* to, const float (&from)[1]) {
  *to = static_cast<T>(from[0]);
}

}  // namespace clipbench::kernels::cuda
