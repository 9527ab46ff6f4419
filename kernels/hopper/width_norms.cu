#include "kernels/cuda/elements.cuh"
#include "kernels/hopper/linear_params.h"
#include "kernels/hopper/linear_tiles.cuh"

namespace clipbench::kernels::hopper {
namespace {

template <class In, int kTileColumns>
struct WidthNorm {
  using Work = SampleByTile;
  static constexpr int kColumns = kTileColumns, kOwnBytes = 0;
  static constexpr int kStages = stages_beside<kColumns>(kOwnBytes);
  static constexpr int kAccumulators = TileWidth<kColumns>::kAccumulators;
  static constexpr int kBlocks = TileWidth<kColumns>::kBlocks;

  static __device__ bool skips(const LinearParams&, int) { return false; }

  static __device__ float sum_squares(const float (&acc)[kAccumulators]) {
    float sums[4] = {};
#pragma unroll
    for (int i = 0; i < kAccumulators; ++i) sums[i % 4] += acc[i] * acc[i];
    return (sums[0] + sums[1]) + (sums[2] + sums[3]);
  }

  template <class Ring>
  static __device__ void consume(const LinearParams& params, Ring ring, uint32_t) {
    const Consumer me;
    Work work(params);
    Piece piece;
    float acc[kAccumulators];
    while (work.next(piece)) {
      multiply_sample<In>(acc, ring, params.stages_per_sample, me.warpgroup, /*keep=*/0);
      const float sum = warp_sum(sum_squares(acc));  // rows and columns outside are zero
      const int warp = me.rank * kPartials + me.warpgroup * kWarps + me.warp;
      if (me.lane == 0)
        params.partials[static_cast<size_t>(piece.item) * kBlocks * kPartials + warp] = sum;
    }
  }
};

}  // namespace

void width_sq_norms(Layers layers, Batch batch, float* scratch, float* out, cudaStream_t stream) {
  LinearParams params = make_linear_params(layers, batch, norm_tile_columns(layers, batch));
  params.partials = scratch;
  const int items = params.first_tile[params.layer_count] * params.samples;
  const int clusters = std::min(items, cluster_count(blocks_of(params.tile_columns)));
  cuda::with_narrow_element(layers[0].type, [&]<class In>(In) {
    NormWidths::with(params.tile_columns, [&](auto columns) {
      launch_linear_tiles<WidthNorm<In, columns>>(params, clusters, stream);
    });
  });
  cuda::sum_norm_partials(partials_of(params), out, stream);
}

}  // namespace clipbench::kernels::hopper
