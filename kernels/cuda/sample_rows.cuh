// Weighted sums over samples in registers.
#pragma once

#include <cstdint>

#include "kernels/cuda/elements.cuh"

namespace clipbench::kernels::cuda {

/// N elements of up to kRows samples' rows, whose loads are under way together.
template <int N, class T, int kRows>
class RowBatch {
 public:
  /// Samples first, first + 1, …; row b lies at rows + b · pitch.
  __device__ void load(const T* rows, std::int64_t pitch, int first, int samples,
                       const float* factors) {
#pragma unroll
    for (int k = 0; k < kRows; ++k) {
      const int sample = min(first + k, samples - 1);  // loads without a condition go out together
      weights_[k] = first + k < samples ? factors[sample] : 0.f;
      raw_[k].load(rows + sample * pitch);
    }
  }

  /// acc += Σ factors · rows, in the order of samples. A row with factor 0 does not count, whatever
  /// it holds.
  __device__ void add_to(float (&acc)[N]) const {
#pragma unroll
    for (int k = 0; k < kRows; ++k) {
      float values[N];
      raw_[k].unpack_to(values);
#pragma unroll
      for (int x = 0; x < N; ++x) {
        acc[x] = weights_[k] == 0.f ? acc[x] : fmaf(weights_[k], values[x], acc[x]);
      }
    }
  }

 private:
  Raw<T, N> raw_[kRows];
  float weights_[kRows];
};

/// acc = start() + Σ_b factors[b] · N elements at rows + b · pitch. start() runs while the first
/// loads are under way. At least one sample.
template <int kRows, int N, class T, class Start>
__device__ void sum_batches_from(Start&& start, float (&acc)[N], const T* rows, std::int64_t pitch,
                                 int samples, const float* factors) {
  RowBatch<N, T, kRows> batch;
  batch.load(rows, pitch, 0, samples, factors);
  start();
  batch.add_to(acc);
  for (int first = kRows; first < samples; first += kRows) {
    batch.load(rows, pitch, first, samples, factors);
    batch.add_to(acc);
  }
}

/// The same in batches of 8, smaller ones where there are fewer samples.
template <int N, class T, class Start>
__device__ void sum_rows_from(Start&& start, float (&acc)[N], const T* rows, std::int64_t pitch,
                              int samples, const float* factors) {
  if (samples == 1) {
    sum_batches_from<1>(start, acc, rows, pitch, samples, factors);
  } else if (samples <= 4) {
    sum_batches_from<4>(start, acc, rows, pitch, samples, factors);
  } else {
    sum_batches_from<8>(start, acc, rows, pitch, samples, factors);
  }
}

}  // namespace clipbench::kernels::cuda
