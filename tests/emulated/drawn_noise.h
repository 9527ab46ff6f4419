// The noise of single elements.
#pragma once

#include <cstdint>

#include "kernels/cuda/philox.cuh"

namespace clipbench::kernels {

/// Of element `i` of a stream.
inline float noise_of(const Noise& noise, std::uint64_t i) {
  const float4 z = cuda::normals(noise, i / 4);
  const float of_group[] = {z.x, z.y, z.z, z.w};
  return noise.std * of_group[i % 4];
}

}  // namespace clipbench::kernels
