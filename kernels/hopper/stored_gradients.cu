#include <algorithm>
#include <stdexcept>

#include "kernels/hopper/linear_params.h"
#include "kernels/hopper/tile_parts.cuh"

namespace clipbench::kernels::hopper {
namespace {

/// The rounded tile goes through shared memory to the copy engine; the next tile's products start
/// while it drains.
template <class In, int kTileColumns>
struct StoredGradient {
  using Work = SampleByTile;
  static constexpr int kColumns = kTileColumns;
  using Of = Part<In, kColumns>;
  static constexpr int kOwnBytes = kConsumers * Of::kOfTile * Of::kBytes;
  static constexpr int kStages = stages_beside<kColumns>(kOwnBytes);
  static constexpr int kAccumulators = TileWidth<kColumns>::kAccumulators;
  static constexpr int kBlocks = TileWidth<kColumns>::kBlocks;

  static __device__ bool skips(const LinearParams&, int) { return false; }

  /// Rounds a pair and adds the squares of what it was rounded to.
  static __device__ uint32_t round_pair(float x, float y, float& squares) {
    const auto pair = cuda::Pair<In>::rounded(x, y);
    const float2 rounded = pair.widened();
    squares += rounded.x * rounded.x + rounded.y * rounded.y;
    return *reinterpret_cast<const uint32_t*>(&pair);
  }

  /// The tile as rounded parts at `to`. Returns this thread's squares.
  static __device__ __forceinline__ float write_parts(const float (&acc)[kAccumulators],
                                                      uint32_t to, const Consumer& me) {
    float even = 0, odd = 0;
#pragma unroll
    for (int j = 0; j < kColumns / 8; j += 2) {
      const float* of = acc + 4 * j;
      constexpr int kGroups = Of::kColumns / 8;
      store_16_columns<Of>(to + j / kGroups * Of::kBytes, j % kGroups, me,
                           {round_pair(of[0], of[1], even), round_pair(of[2], of[3], odd),
                            round_pair(of[4], of[5], even), round_pair(of[6], of[7], odd)});
    }
    return even + odd;
  }

  /// One thread a warp: the warps take turns.
  static __device__ void store_parts(const LayerTiles& layer, const Piece& piece, uint32_t from,
                                     const Consumer& me) {
    const int row = me.first_row(piece);
    for (int part = me.warp; part < Of::kOfTile; part += kWarps) {
      const int column = piece.n + part * Of::kColumns;
      if (row < layer.rows && column < layer.p) {
        store_box(layer.result, from + part * Of::kBytes, column, row, piece.first_sample);
      }
    }
    commit_stores();
  }

  /// A tile's accumulators to memory, and their squares to its partial sums.
  static __device__ __forceinline__ void finish(const LinearParams& params, const Piece& piece,
                                                const float (&acc)[kAccumulators], uint32_t parts,
                                                const Consumer& me) {
    if (me.lane == 0) wait_stores_read<0>();  // of the tile before
    warpgroup_sync(1 + me.warpgroup);
    const float squares = write_parts(acc, parts, me);
    shared_writes_visible_to_copies();
    warpgroup_sync(1 + me.warpgroup);
    if (me.lane == 0) store_parts(params.layers[piece.layer], piece, parts, me);
    const float sum = warp_sum(squares);
    const int warp = me.rank * kPartials + me.warpgroup * kWarps + me.warp;
    if (me.lane == 0)
      params.partials[static_cast<size_t>(piece.item) * kBlocks * kPartials + warp] = sum;
  }

  template <class Ring>
  static __device__ void consume(const LinearParams& params, Ring ring, uint32_t own) {
    const Consumer me;
    const uint32_t parts = own + me.warpgroup * Of::kOfTile * Of::kBytes;
    Work work(params);
    Piece piece;
    float acc[kAccumulators];
    while (work.next(piece)) {
      multiply_sample<In>(acc, ring, params.stages_per_sample, me.warpgroup, /*keep=*/0);
      finish(params, piece, acc, parts, me);
    }
    if (me.lane == 0) wait_stores_done();
  }
};

}  // namespace

void stored_gradients(Layers layers, std::span<void* const> gradients, Batch batch, float* scratch,
                      float* out, cudaStream_t stream) {
  if (gradients.size() != layers.size()) throw std::invalid_argument("one gradient a layer");
  LinearParams params = make_linear_params(layers, batch, norm_tile_columns(layers, batch));
  params.partials = scratch;
  const int items = params.first_tile[params.layer_count] * params.samples;
  const int clusters = std::min(items, cluster_count(blocks_of(params.tile_columns)));
  cuda::with_narrow_element(layers[0].type, [&]<class In>(In) {
    for (std::size_t i = 0; i < layers.size(); ++i) {
      const auto shape =
          part_shape<In>(params.tile_columns, batch.samples, layers[i].d, layers[i].p);
      params.layers[i].result = make_tensor_map(gradients[i], shape);
    }
    NormWidths::with(params.tile_columns, [&](auto columns) {
      launch_linear_tiles<StoredGradient<In, columns>>(params, clusters, stream);
    });
  });
  cuda::sum_norm_partials(partials_of(params), out, stream);
}

}  // namespace clipbench::kernels::hopper
