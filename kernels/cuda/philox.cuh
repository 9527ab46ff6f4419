// Philox4x32-10 (Salmon et al. 2011) and standard normal numbers from it: a function of (seed,
// stream, element), whatever the launch looks like. For benchmarks: not a cryptographic source.
#pragma once

#include <cstdint>

#include "kernels/cuda/fast_math.cuh"
#include "kernels/cuda/noise.h"

namespace clipbench::kernels::cuda {

__device__ inline uint4 philox(uint4 counter, uint2 key) {
#pragma unroll
  for (int round = 0; round < 10; ++round) {
    constexpr uint32_t kLeft = 0xD2511F53u, kRight = 0xCD9E8D57u;
    const uint32_t high_left = __umulhi(kLeft, counter.x), low_left = kLeft * counter.x;
    const uint32_t high_right = __umulhi(kRight, counter.z), low_right = kRight * counter.z;
    counter = make_uint4(high_right ^ counter.y ^ key.x, low_right, high_left ^ counter.w ^ key.y,
                         low_left);
    key.x += 0x9E3779B9u;
    key.y += 0xBB67AE85u;
  }
  return counter;
}

/// Two standard normal numbers from 64 random bits (Box and Muller); |z| ≤ 6.7.
__device__ inline float2 normal_pair(uint32_t a, uint32_t b) {
  const float uniform = (static_cast<float>(a) + 0.5f) * 0x1p-32f;       // in (0, 1]
  const float square = -2.f * fast_log(fminf(uniform, 1.f - 0x1p-24f));  // ≥ 1.2e-7
  const float radius = square * fast_rsqrt(square);                      // √ without a branch
  constexpr float kAngle = 1.46291808e-9f;  // π / 2³¹: an angle in [−π, π)
  float sine, cosine;
  __sincosf(static_cast<float>(static_cast<int32_t>(b)) * kAngle, &sine, &cosine);
  return make_float2(radius * cosine, radius * sine);
}

/// The four numbers of elements 4·group … 4·group + 3.
__device__ inline float4 normals(const Noise& noise, uint64_t group) {
  const uint4 counter =
      make_uint4(static_cast<uint32_t>(group), static_cast<uint32_t>(group >> 32),
                 static_cast<uint32_t>(noise.stream), static_cast<uint32_t>(noise.stream >> 32));
  const uint2 key =
      make_uint2(static_cast<uint32_t>(noise.seed), static_cast<uint32_t>(noise.seed >> 32));
  const uint4 bits = philox(counter, key);
  const float2 low = normal_pair(bits.x, bits.y), high = normal_pair(bits.z, bits.w);
  return make_float4(low.x, low.y, high.x, high.y);
}

/// values += noise of the N elements from `first` on; N a multiple of 4 needs `first` to be one.
template <int N>
__device__ inline void add_noise(float (&values)[N], const Noise& noise, uint64_t first) {
  if constexpr (N == 1) {
    const float4 z = normals(noise, first / 4);
    const float all[4] = {z.x, z.y, z.z, z.w};
    values[0] += noise.std * all[first % 4];
  } else {
#pragma unroll
    for (int i = 0; i < N; i += 4) {
      const float4 z = normals(noise, first / 4 + i / 4);
      values[i] += noise.std * z.x;
      values[i + 1] += noise.std * z.y;
      values[i + 2] += noise.std * z.z;
      values[i + 3] += noise.std * z.w;
    }
  }
}

}  // namespace clipbench::kernels::cuda
