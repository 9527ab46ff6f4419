// One kernel for all products g_bᵀ a_b: pairs of blocks walk 256×256 tiles of [d,p]; in each block
// one thread copies stages of 64 tokens and two warpgroups multiply. What happens to the
// accumulators is the Job's: see width_norms.cu, stored_gradients.cu, clipped_sum.cu.
#pragma once

#include "kernels/cuda/noise.h"
#include "kernels/hopper/linear.h"
#include "kernels/hopper/norm_partials.h"
#include "kernels/hopper/pair_kernel.cuh"

namespace clipbench::kernels::hopper {

inline constexpr int kTileM = 128, kTileN = 256;  // of a block; M runs over d, N over p
inline constexpr int kStageTokens = 64;
inline constexpr int kBoxColumns = 64;  // 128 bytes
inline constexpr int kBoxBytes = kBoxColumns * 2 * kStageTokens;
inline constexpr int kGradientBytes = kTileM / kBoxColumns * kBoxBytes;
inline constexpr int kActivationBytes = kTileN / kBoxColumns * kBoxBytes;
inline constexpr int kStageBytes = kGradientBytes + kActivationBytes;
inline constexpr int kAccumulators = kTileN / 2;  // a thread: 64 × 256 / 128
inline constexpr int kWarps = 4;                  // of a warpgroup
static_assert(kPartials == kPair * kConsumers * kWarps);

/// One layer's share of a launch.
struct LayerTiles {
  CUtensorMap gradients;               // [B,T,d]
  CUtensorMap activations;             // [B,T,p]
  CUtensorMap result;                  // [B,d,p] stored gradients, or [1,rows,p] their sum
  uint64_t noise_stream, noise_first;  // of the sum
  int first_row, rows, p;              // of d: the rows to form
  int tiles_m, tiles_n;                // tiles of the pair
};

struct LinearParams {
  LayerTiles layers[kMaxLayers];
  int first_tile[kMaxLayers + 1];  // tiles of all layers are numbered through
  int layer_count, samples, stages_per_sample;
  int shared_tiles;  // the first of all: several pairs form them
  float* partials;
  float* parts;
  const float* factors;
  int* flags;
  cuda::Noise noise;  // of all layers; streams are theirs
};

/// A run of samples of one tile.
struct Piece {
  int layer, m, n;  // first row and column of the pair's tile
  int first_sample, last_sample;
  int tile, item;
};

/// Where the tile with this number lies; Piece's samples are left alone. Tiles that are formed at
/// the same time have consecutive numbers and share what they read: the shorter side runs first.
__device__ inline void locate(const LinearParams& params, int layer, int tile_of_layer,
                              Piece& piece) {
  const LayerTiles& tiles = params.layers[layer];
  const bool n_first = tiles.tiles_n < tiles.tiles_m;
  const int side = n_first ? tiles.tiles_n : tiles.tiles_m;
  const int within = tile_of_layer % side, beyond = tile_of_layer / side;
  piece.layer = layer;
  piece.m = (n_first ? beyond : within) * kPair * kTileM;
  piece.n = (n_first ? within : beyond) * kTileN;
}

/// Who a consuming thread is.
struct Consumer {
  int cluster = blockIdx.x / kPair, clusters = gridDim.x / kPair;
  int rank = cluster_rank();
  int warpgroup = warp_uniform(threadIdx.x / kWarpgroup) - 1;
  int thread = threadIdx.x % kWarpgroup;
  int warp = thread / 32, lane = threadIdx.x % 32;

  /// First row of this warpgroup's 64 × 256 accumulators.
  __device__ int first_row(const Piece& piece) const {
    return piece.m + rank * kTileM + warpgroup * 64;
  }
};

/// Every sample of every tile on its own: item = (layer, sample, tile), a layer's tiles innermost.
struct SampleByTile {
  const LinearParams& params;
  int item = blockIdx.x / kPair;

  __device__ explicit SampleByTile(const LinearParams& p) : params(p) {}

  __device__ bool next(Piece& piece) {
    if (item >= params.first_tile[params.layer_count] * params.samples) return false;
    int layer = 0;
    while (item >= params.first_tile[layer + 1] * params.samples) ++layer;
    const int tiles = params.first_tile[layer + 1] - params.first_tile[layer];
    const int within = item - params.first_tile[layer] * params.samples;
    locate(params, layer, within % tiles, piece);
    piece.first_sample = within / tiles;
    piece.last_sample = piece.first_sample + 1;
    piece.item = item;
    item += gridDim.x / kPair;
    return true;
  }
};

template <class Ring>
__device__ __forceinline__ void copy_stage(const LinearParams& params, const Piece& piece,
                                           int sample, int stage, int rank, const Ring& ring) {
  const LayerTiles& layer = params.layers[piece.layer];
  const int y = stage * kStageTokens, m = layer.first_row + piece.m + rank * kTileM;
  const uint32_t to = ring.stage();
  ring.begin_fill(kStageBytes);
  load_box(to, layer.gradients, ring.barrier(), m, y, sample);
  load_box(to + kBoxBytes, layer.gradients, ring.barrier(), m + kBoxColumns, y, sample);
  constexpr int kBoxes = kTileN / kBoxColumns / kPair;  // each block copies half for both
#pragma unroll
  for (int i = 0; i < kBoxes; ++i) {
    const int box = rank * kBoxes + i;
    load_box_to_pair(to + kGradientBytes + box * kBoxBytes, layer.activations, ring.barrier(),
                     piece.n + box * kBoxColumns, y, sample);
  }
}

template <class Job, class Ring>
__device__ __forceinline__ void copy_stages(const LinearParams& params, Ring ring) {
  typename Job::Work work(params);
  const int rank = cluster_rank();
  Piece piece;
  while (work.next(piece)) {
    for (int sample = piece.first_sample; sample < piece.last_sample; ++sample) {
      if (Job::skips(params, sample)) continue;
      for (int stage = 0; stage < params.stages_per_sample; ++stage) {
        copy_stage(params, piece, sample, stage, rank, ring);
        ring.advance();
      }
    }
  }
}

/// acc (+)= the product of the next `stages` ≥ 1 stages; the old accumulators count if `keep` is 1.
template <class Ring>
__device__ __forceinline__ void multiply_sample(float (&acc)[kAccumulators], Ring& ring, int stages,
                                                int warpgroup, int keep) {
  multiply_stages(acc, ring, stages, [&](uint32_t stage) {
    const uint64_t m = operand<Major::mn>(stage + warpgroup * kBoxBytes);
    const uint64_t n = operand<Major::mn>(stage + kGradientBytes);
#pragma unroll
    for (int k = 0; k < kStageTokens / 16; ++k) {
      multiply_step<Major::mn>(acc, m + k * kOperandStep<Major::mn>,
                               n + k * kOperandStep<Major::mn>, keep);
      keep = 1;
    }
  });
}

/// 16 columns of a warpgroup's 64 rows × 64 columns of bf16, pairs as wgmma leaves them, from
/// 8-column group k on. `box` has the 128-byte swizzle: 16-byte chunk c of row r lies at c ^ (r %
/// 8).
__device__ __forceinline__ void store_16_columns(uint32_t box, int k, const Consumer& me,
                                                 const uint32_t (&pairs)[4]) {
  const int row = me.warp * 16 + me.lane % 16, chunk = (k + me.lane / 16) ^ (row % 8);
  store_matrices(box + row * 128 + chunk * 16, pairs);
}

template <class Job>
using LinearRing = Ring<Job::kStages, kStageBytes, kPair>;

/// Dynamic shared memory: stages, the Job's own bytes, barriers, alignment to 1024.
template <class Job>
constexpr int kSharedBytes =
    LinearRing<Job>::kBytes + Job::kOwnBytes + LinearRing<Job>::kBarrierBytes + 1024;

template <class Job>
__global__ void __launch_bounds__(kThreads, 1)
    linear_tiles(const __grid_constant__ LinearParams params) {
  extern __shared__ uint8_t shared[];
  const uint32_t stages = (shared_address(shared) + 1023) & ~1023u;
  const uint32_t own = stages + LinearRing<Job>::kBytes;
  LinearRing<Job> ring{stages, own + Job::kOwnBytes};
  if (threadIdx.x == 0) ring.init();
  cluster_sync();
  if (threadIdx.x < kWarpgroup) {
    give_registers_up<kProducerRegisters>();
    if (threadIdx.x == 0) copy_stages<Job>(params, ring);
  } else {
    take_registers<kConsumerRegisters>();
    Job::consume(params, ring, own);
  }
  cluster_sync();  // the other block may still signal this one's barriers
}

/// `clusters` pairs of blocks, all resident at once.
template <class Job>
void launch_linear_tiles(const LinearParams& params, int clusters, cudaStream_t stream) {
  launch_pairs(linear_tiles<Job>, params, clusters, kSharedBytes<Job>, "launch of linear_tiles",
               stream);
}

}  // namespace clipbench::kernels::hopper
