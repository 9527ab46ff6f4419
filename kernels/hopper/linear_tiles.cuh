// One kernel for all products g_bᵀ a_b: clusters of blocks walk tiles of [d,p], 256 rows high and
// 256, 192 or 160 columns wide, a pair's, or twice 128, of two pairs side by side; in each block
// one thread copies stages of 64 tokens and two warpgroups multiply. What happens to the
// accumulators is the Job's: see width_norms.cu, stored_gradients.cu, clipped_sum.cu.
#pragma once

#include "kernels/cuda/noise.h"
#include "kernels/hopper/linear.h"
#include "kernels/hopper/linear_params.h"
#include "kernels/hopper/pair_kernel.cuh"

namespace clipbench::kernels::hopper {

inline constexpr int kTileRows = 128;  // of d, a block's
inline constexpr int kStageTokens = 64;
inline constexpr int kBoxColumns = 64;  // of gradients, 128 bytes
inline constexpr int kBoxBytes = kBoxColumns * 2 * kStageTokens;
inline constexpr int kGradientBytes = kTileRows / kBoxColumns * kBoxBytes;
inline constexpr int kWarps = 4;  // of a warpgroup
static_assert(kPartials == kConsumers * kWarps);

/// A block's columns, of p, and the boxes in which a stage of their activations comes: the blocks
/// of a pair take turns to copy one for both. Two pairs side by side share gradients in the same
/// way.
template <int kColumns>
struct TileWidth {
  static constexpr int kBlocks = blocks_of(kColumns), kPairs = kBlocks / kPair;
  static constexpr int kBoxColumns = kColumns % 64 == 0 ? 64 : 32;  // 128 or 64 bytes
  static constexpr int kBoxes = kColumns / kBoxColumns, kBoxBytes = kBoxColumns * 2 * kStageTokens;
  static constexpr int kStageBytes = kGradientBytes + kBoxes * kBoxBytes;
  static constexpr int kAccumulators = kColumns / 2;  // a thread: 64 rows × kColumns / 128
};

/// One layer's share of a launch.
struct LayerTiles {
  CUtensorMap gradients;               // [B,T,d]
  CUtensorMap activations;             // [B,T,p]
  CUtensorMap result;                  // [B,d,p] stored gradients, or [1,rows,p] their sum
  void* sum;                           // the same
  uint64_t noise_stream, noise_first;  // of the sum
  int first_row, rows, p;              // of d: the rows to form
  int tiles_m, tiles_n;                // of a cluster
};

struct LinearParams {
  LayerTiles layers[kMaxLayers];
  int first_tile[kMaxLayers + 1];  // tiles of all layers are numbered through
  int layer_count, samples, stages_per_sample;
  int tile_columns;
  int clusters, row, shared_rows;  // see TileRows
  bool adds_up_later;              // see added_parts.cuh
  float* partials;
  float* parts;
  const float* factors;
  int* flags;
  cuda::Noise noise;  // of all layers; streams are theirs
};

/// A run of samples of one tile.
struct Piece {
  int layer, m, n;  // first row and column of this block
  int first_sample, last_sample;
  int row, item;  // of tiles, see TileRows; see SampleByTile
};

/// What block `rank` of a cluster has of the tile with this number; Piece's samples are left alone.
/// Tiles that are formed at the same time have consecutive numbers and share what they read: the
/// shorter side runs first.
__device__ inline void locate(const LinearParams& params, int layer, int tile_of_layer, int rank,
                              Piece& piece) {
  const LayerTiles& tiles = params.layers[layer];
  const bool n_first = tiles.tiles_n < tiles.tiles_m;
  const int side = n_first ? tiles.tiles_n : tiles.tiles_m;
  const int within = tile_of_layer % side, beyond = tile_of_layer / side;
  piece.layer = layer;
  const int m = n_first ? beyond : within, n = n_first ? within : beyond;
  const int pairs = blocks_of(params.tile_columns) / kPair;
  piece.m = (m * kPair + rank % kPair) * kTileRows;
  piece.n = (n * pairs + rank / kPair) * params.tile_columns;
}

/// Who a consuming thread is.
struct Consumer {
  int cluster = this_cluster(), rank = cluster_rank();
  int warpgroup = warp_uniform(threadIdx.x / kWarpgroup) - 1;
  int thread = threadIdx.x % kWarpgroup;
  int warp = thread / 32, lane = threadIdx.x % 32;

  /// First row of this warpgroup's 64 rows of accumulators.
  __device__ int first_row(const Piece& piece) const { return piece.m + warpgroup * 64; }
};

/// Every sample of every tile on its own: item = (layer, sample, tile), a layer's tiles innermost.
struct SampleByTile {
  const LinearParams& params;
  int item = this_cluster();

  __device__ explicit SampleByTile(const LinearParams& p) : params(p) {}

  __device__ bool next(Piece& piece) {
    if (item >= params.first_tile[params.layer_count] * params.samples) return false;
    int layer = 0;
    while (item >= params.first_tile[layer + 1] * params.samples) ++layer;
    const int tiles = params.first_tile[layer + 1] - params.first_tile[layer];
    const int within = item - params.first_tile[layer] * params.samples;
    locate(params, layer, within % tiles, cluster_rank(), piece);
    piece.first_sample = within / tiles;
    piece.last_sample = piece.first_sample + 1;
    piece.item = item;
    item += clusters();
    return true;
  }
};

template <class Width, class Ring>
__device__ __forceinline__ void copy_stage(const LinearParams& params, const Piece& piece,
                                           int sample, int stage, const Ring& ring) {
  const LayerTiles& layer = params.layers[piece.layer];
  const int y = stage * kStageTokens, m = layer.first_row + piece.m;
  const int above = ring.rank % kPair, pair = ring.rank / kPair;
  const uint32_t to = ring.stage();
  ring.begin_fill(Width::kStageBytes);
  if constexpr (Width::kPairs == 1) {
    load_box(to, layer.gradients, ring.barrier(), m, y, sample);
    load_box(to + kBoxBytes, layer.gradients, ring.barrier(), m + kBoxColumns, y, sample);
  } else {
    const auto same_rows = static_cast<uint16_t>(0b101 << above);
    load_box_to_blocks(same_rows, to + pair * kBoxBytes, layer.gradients, ring.barrier(),
                       m + pair * kBoxColumns, y, sample);
  }
  const auto same_columns = static_cast<uint16_t>(0b11 << (kPair * pair));
#pragma unroll
  for (int i = 0; i < (Width::kBoxes + 1) / kPair; ++i) {
    const int box = kPair * i + above;
    if (box >= Width::kBoxes) break;
    load_box_to_blocks(same_columns, to + kGradientBytes + box * Width::kBoxBytes,
                       layer.activations, ring.barrier(), piece.n + box * Width::kBoxColumns, y,
                       sample);
  }
}

template <class Job, class Ring>
__device__ __forceinline__ void copy_stages(const LinearParams& params, Ring ring) {
  typename Job::Work work(params);
  Piece piece;
  while (work.next(piece)) {
    for (int sample = piece.first_sample; sample < piece.last_sample; ++sample) {
      if (Job::skips(params, sample)) continue;
      for (int stage = 0; stage < params.stages_per_sample; ++stage) {
        copy_stage<TileWidth<Job::kColumns>>(params, piece, sample, stage, ring);
        ring.advance();
      }
    }
  }
}

/// acc (+)= the product of one stage's operands In; the old accumulators count if `keep` is 1.
template <class In, int N>
__device__ __forceinline__ void multiply_stage(float (&acc)[N], uint32_t stage, int warpgroup,
                                               int keep) {
  constexpr int kRowBytes = 2 * TileWidth<2 * N>::kBoxColumns;
  const uint64_t m = operand<Major::mn>(stage + warpgroup * kBoxBytes);
  const uint64_t n = operand<Major::mn, kRowBytes>(stage + kGradientBytes);
#pragma unroll
  for (int k = 0; k < kStageTokens / 16; ++k) {
    multiply_step<In, Major::mn>(acc, m + k * kOperandStep<Major::mn>,
                                 n + k * kOperandStep<Major::mn, kRowBytes>, k > 0 ? 1 : keep);
  }
}

/// acc (+)= the product of the next `stages` ≥ 1 stages; the old accumulators count if `keep` is 1.
template <class In, int N, class Ring>
__device__ __forceinline__ void multiply_sample(float (&acc)[N], Ring& ring, int stages,
                                                int warpgroup, int keep) {
  multiply_stages(acc, ring, stages, [&](uint32_t stage) {
    multiply_stage<In>(acc, stage, warpgroup, keep);
    keep = 1;
  });
}

template <class Job>
using LinearRing =
    Ring<Job::kStages, TileWidth<Job::kColumns>::kStageBytes, 1 + TileWidth<Job::kColumns>::kPairs>;

inline constexpr int kBlockSharedBytes = 227 * 1024;  // the most that compute capability 9.0 gives
inline constexpr int kAlignmentBytes = 1024;

/// Stages that fit beside a Job's own bytes.
template <int kColumns>
constexpr int stages_beside(int own_bytes) {
  constexpr int kBarriers = 2 * 8;
  return (kBlockSharedBytes - kAlignmentBytes - own_bytes) /
         (TileWidth<kColumns>::kStageBytes + kBarriers);
}

/// Dynamic shared memory: stages, the Job's own bytes, barriers, alignment.
template <class Job>
constexpr int kSharedBytes =
    LinearRing<Job>::kBytes + Job::kOwnBytes + LinearRing<Job>::kBarrierBytes + kAlignmentBytes;

template <class Job>
__global__ void __launch_bounds__(kThreads, 1)
    linear_tiles(const __grid_constant__ LinearParams params) {
  uint8_t* const shared = dynamic_shared();
  const uint32_t stages = (shared_address(shared) + 1023) & ~1023u;
  const uint32_t own = stages + LinearRing<Job>::kBytes;
  LinearRing<Job> ring{stages, own + Job::kOwnBytes, cluster_rank()};
  if (threadIdx.x == 0) ring.init();
  cluster_sync();
  cuda::await_launches_before();
  if (threadIdx.x < kWarpgroup) {
    give_registers_up<kProducerRegisters>();
    if (threadIdx.x == 0) copy_stages<Job>(params, ring);
  } else {
    take_registers<kConsumerRegisters>();
    Job::consume(params, ring, own);
  }
  cluster_sync();  // other blocks may still signal this one's barriers
}

/// `clusters` clusters, all resident at once.
template <class Job>
void launch_linear_tiles(const LinearParams& params, int clusters, cudaStream_t stream) {
  launch_clusters(linear_tiles<Job>, params, clusters, TileWidth<Job::kColumns>::kBlocks,
                  kSharedBytes<Job>, "launch of linear_tiles", stream);
}

}  // namespace clipbench::kernels::hopper
