// Weighted sums over samples in registers.
#pragma once

#include <cstdint>

#include "kernels/cuda/elements.cuh"

namespace clipbench::kernels::cuda {

constexpr int kRowsAtOnce = 8;  // loads under way together

/// acc += Σ_b factors[b] · N elements at rows + b · pitch, in the order of samples. A row with
/// factor 0 does not count, whatever it holds.
template <int N, class T>
__device__ void add_rows(float (&acc)[N], const T* rows, std::int64_t pitch, int samples,
                         const float* factors) {
  for (int first = 0; first < samples; first += kRowsAtOnce) {
    Raw<T, N> raw[kRowsAtOnce];
    float weights[kRowsAtOnce];
#pragma unroll
    for (int k = 0; k < kRowsAtOnce; ++k) {
      const int sample = min(first + k, samples - 1);  // loads without a condition go out together
      weights[k] = first + k < samples ? __ldg(factors + sample) : 0.f;
      raw[k].load(rows + sample * pitch);
    }
#pragma unroll
    for (int k = 0; k < kRowsAtOnce; ++k) {
      float values[N];
      raw[k].unpack_to(values);
#pragma unroll
      for (int x = 0; x < N; ++x) acc[x] += weights[k] == 0.f ? 0.f : weights[k] * values[x];
    }
  }
}

}  // namespace clipbench::kernels::cuda
