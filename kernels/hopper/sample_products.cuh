// Products of one sample after the other, added with their factors, by one thread of a consumer.
#pragma once

#include "kernels/hopper/linear_tiles.cuh"

namespace clipbench::kernels::hopper {

/// Two sets of accumulators beside the sum take turns: while the next sample's first stage is
/// multiplied, the last sample's product is complete and is added. The tensor cores don't wait
/// where a sample ends, and every product is rounded on its own.
template <class In, int N, class Ring>
class SampleProducts {
 public:
  __device__ SampleProducts(const LinearParams& of, const Piece& of_piece, const Consumer& consumer,
                            Ring& stages)
      : params(of), piece(of_piece), me(consumer), ring(stages), sample(of_piece.first_sample) {}

  /// sum += Σ factor · product, of the piece's samples that count.
  __device__ __forceinline__ void add_up(float (&sum)[N]) {
    find_sample();
    if (sample == piece.last_sample) return;
    float even[N], odd[N];
    factor = params.factors[sample];
    start_stage(even, /*keep=*/0);
    take_stage();
    start_other_stages(even);
    while (add_beside_next(sum, even, odd) && add_beside_next(sum, odd, even)) {
    }
  }

 private:
  const LinearParams& params;
  const Piece& piece;
  const Consumer& me;
  Ring& ring;
  int sample;
  float factor = 0;  // of the last product that was started
  int unreleased;    // the last stage that was started

  __device__ __forceinline__ void find_sample() {
    while (sample < piece.last_sample && params.factors[sample] == 0.f) ++sample;
    sample = warp_uniform(sample);
  }

  /// sum += factor · last, and next = the next sample's product, all but finished. False if there
  /// is none.
  __device__ __forceinline__ bool add_beside_next(float (&sum)[N], float (&last)[N],
                                                  float (&next)[N]) {
    ++sample;
    find_sample();
    if (sample == piece.last_sample) {
      wgmma_wait<0>();
      ring.release(unreleased);
      add(sum, last);
      return false;
    }
    start_stage(next, /*keep=*/0);
    release_last_stage();
    add(sum, last);
    factor = params.factors[sample];
    start_other_stages(next);
    return true;
  }

  __device__ __forceinline__ void add(float (&sum)[N], float (&product)[N]) const {
    pin(product);
#pragma unroll
    for (int i = 0; i < N; ++i) sum[i] = fmaf(factor, product[i], sum[i]);
  }

  __device__ __forceinline__ void start_stage(float (&acc)[N], int keep) {
    ring.wait_filled();
    wgmma_begin();
    multiply_stage<In>(acc, ring.stage(), me.warpgroup, keep);
    wgmma_commit();
  }

  __device__ __forceinline__ void take_stage() {
    unreleased = ring.slot;
    ring.advance();
  }

  /// Of the stages that were started all but the last one are multiplied.
  __device__ __forceinline__ void release_last_stage() {
    wgmma_wait<1>();
    ring.release(unreleased);
    take_stage();
  }

  __device__ __forceinline__ void start_other_stages(float (&acc)[N]) {
    for (int left = params.stages_per_sample - 1; left > 0; --left) {
      start_stage(acc, /*keep=*/1);
      release_last_stage();
    }
  }
};

}  // namespace clipbench::kernels::hopper
