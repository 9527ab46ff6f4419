#include <cuda_bf16.h>

#include <stdexcept>

#include "kernels/hopper/linear_params.h"
#include "kernels/hopper/linear_tiles.cuh"
#include "kernels/hopper/tensor_map.h"

namespace clipbench::kernels::hopper {
namespace {

/// The rounded tile goes through shared memory to the copy engine; the next tile's products start
/// while it drains.
struct StoredGradient {
  using Work = SampleByTile;
  static constexpr int kBoxes = kTileN / kBoxColumns;  // of a warpgroup: 64 rows × 64 columns each
  static constexpr int kStages = 3, kOwnBytes = kConsumers * kBoxes * kBoxBytes;

  static __device__ bool skips(const LinearParams&, int) { return false; }

  /// Rounds a pair and adds the squares of what it was rounded to.
  static __device__ uint32_t round_pair(float x, float y, float& squares) {
    const __nv_bfloat162 pair = __floats2bfloat162_rn(x, y);
    const float2 rounded = __bfloat1622float2(pair);
    squares += rounded.x * rounded.x + rounded.y * rounded.y;
    return *reinterpret_cast<const uint32_t*>(&pair);
  }

  /// The tile as bf16 boxes at `to`. Returns this thread's squares.
  static __device__ float write_boxes(const float (&acc)[kAccumulators], uint32_t to,
                                      const Consumer& me) {
    float even = 0, odd = 0;
#pragma unroll
    for (int j = 0; j < kTileN / 8; j += 2) {
      const float* of = acc + 4 * j;
      store_16_columns(to + j / 8 * kBoxBytes, j % 8, me,
                       {round_pair(of[0], of[1], even), round_pair(of[2], of[3], odd),
                        round_pair(of[4], of[5], even), round_pair(of[6], of[7], odd)});
    }
    return even + odd;
  }

  static __device__ void store_boxes(const LayerTiles& layer, const Piece& piece, uint32_t from,
                                     const Consumer& me) {
    const int row = me.first_row(piece);
    for (int i = 0; i < kBoxes; ++i) {
      const int column = piece.n + i * kBoxColumns;
      if (row < layer.rows && column < layer.p) {
        store_box(layer.result, from + i * kBoxBytes, column, row, piece.first_sample);
      }
    }
    commit_stores();
  }

  template <class Ring>
  static __device__ void consume(const LinearParams& params, Ring ring, uint32_t own) {
    const Consumer me;
    const uint32_t boxes = own + me.warpgroup * kBoxes * kBoxBytes;
    Work work(params);
    Piece piece;
    float acc[kAccumulators];
    while (work.next(piece)) {
      multiply_sample(acc, ring, params.stages_per_sample, me.warpgroup, /*keep=*/0);
      if (me.thread == 0) wait_stores_read<0>();  // of the tile before
      warpgroup_sync(1 + me.warpgroup);
      const float squares = write_boxes(acc, boxes, me);
      shared_writes_visible_to_copies();
      warpgroup_sync(1 + me.warpgroup);
      if (me.thread == 0) store_boxes(params.layers[piece.layer], piece, boxes, me);
      const float sum = warp_sum(squares);
      const int warp = (me.rank * kConsumers + me.warpgroup) * kWarps + me.warp;
      if (me.lane == 0) params.partials[static_cast<size_t>(piece.item) * kPartials + warp] = sum;
    }
    if (me.thread == 0) wait_stores_done();
  }
};

TensorShape stored_shape(const LinearLayer& layer, Batch batch) {
  const auto d = static_cast<std::uint64_t>(layer.d), p = static_cast<std::uint64_t>(layer.p);
  return {.element = Element::bf16,
          .extents = {p, d, static_cast<std::uint64_t>(batch.samples)},
          .strides = {2 * p, 2 * p * d},
          .box = {kBoxColumns, 64, 1}};
}

}  // namespace

void stored_gradients(std::span<const LinearLayer> layers, std::span<void* const> gradients,
                      Batch batch, float* scratch, float* out, cudaStream_t stream) {
  if (gradients.size() != layers.size()) throw std::invalid_argument("one gradient a layer");
  LinearParams params = make_linear_params(layers, batch);
  for (std::size_t i = 0; i < layers.size(); ++i) {
    params.layers[i].result = make_tensor_map(gradients[i], stored_shape(layers[i], batch));
  }
  params.partials = scratch;
  const int items = params.first_tile[params.layer_count] * params.samples;
  launch_linear_tiles<StoredGradient>(params, std::min(items, cluster_count()), stream);
  sum_norm_partials(partials_of(params), out, stream);
}

}  // namespace clipbench::kernels::hopper
