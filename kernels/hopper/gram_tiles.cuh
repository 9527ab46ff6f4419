// ⟨a aᵀ, g gᵀ⟩ over the lower triangle of 256 × 256 tiles of [T,T]. A pair of blocks forms the same
// tile of both Gram matrices, one after the other, and multiplies them element by element on chip.
// The diagonals hold ‖a_t‖² and ‖g_t‖², from which what rounding is relative to comes for free.
#pragma once

#include "kernels/hopper/linear.h"
#include "kernels/hopper/linear_params.h"
#include "kernels/hopper/pair_kernel.cuh"

namespace clipbench::kernels::hopper::gram {

constexpr int kTile = 256, kRows = 128;  // of the pair; rows of a block
constexpr int kGroup = 64;               // rows of a warpgroup
constexpr int kSteps = 4;                // of a stage: 128 bytes of each row, 32 a step
template <class In>
constexpr int kStageColumns = 128 / sizeof(In);  // summed over
constexpr int kRowBytes = kRows * 128, kColumnBytes = kTile * 128;
constexpr int kStageBytes = kRowBytes + kColumnBytes;
constexpr int kAccumulators = kTile / 2;
constexpr int kParked = kAccumulators / 2;  // of the first matrix, a thread
constexpr int kParkBytes = kParked * kConsumers * kWarpgroup * 4;
constexpr int kPartialsOfTile = kPair * kPartials;
constexpr int kMaxClusters = 80, kMaxListed = 6144;
constexpr uint16_t kBoth = 3;  // blocks of a pair

using GramRing = Ring<3, kStageBytes, kPair>;
constexpr int kSharedBytes = GramRing::kBytes + kParkBytes + GramRing::kBarrierBytes + 1024;

struct GramLayer {
  CUtensorMap a, g;  // [B,T,p], [B,T,d]
  int stages_a, stages_g;
};

struct GramParams {
  GramLayer layers[kMaxLayers];
  float* partials;            // [kGramSums,items,kPartialsOfTile]
  int tiles, samples, items;  // tiles of one matrix; items = layers · samples · tiles
  bool listed;                // else items are dealt out in turn
  uint16_t begin[kMaxClusters + 1], list[kMaxListed];
};

struct GramTile {
  int layer, sample, row, column, item;  // row, column in tiles
  __device__ bool is_diagonal() const { return row == column; }
};

struct GramWork {
  const GramParams& params;
  int at, end, step;

  __device__ explicit GramWork(const GramParams& p) : params(p) {
    const int cluster = this_cluster();
    at = p.listed ? p.begin[cluster] : cluster;
    end = p.listed ? p.begin[cluster + 1] : p.items;
    step = p.listed ? 1 : clusters();
  }

  __device__ bool next(GramTile& tile) {
    if (at >= end) return false;
    tile.item = params.listed ? params.list[at] : at;
    at += step;
    const int matrix = tile.item / params.tiles, t = tile.item % params.tiles;
    tile.layer = matrix / params.samples;
    tile.sample = matrix % params.samples;
    const cuda::TrianglePlace place(t);
    tile.row = place.row;
    tile.column = place.column;
    return true;
  }
};

/// Diagonal tiles need no rows of their own: they lie among the columns.
template <class In>
__device__ __forceinline__ void copy_matrix(const CUtensorMap& map, int stages,
                                            const GramTile& tile, int rank, GramRing& ring) {
  for (int stage = 0; stage < stages; ++stage) {
    const int x = stage * kStageColumns<In>;
    const uint32_t rows = ring.stage(), columns = rows + kRowBytes + rank * kRowBytes;
    ring.begin_fill(tile.is_diagonal() ? kColumnBytes : kStageBytes);
    if (!tile.is_diagonal()) {
      load_box(rows, map, ring.barrier(), x, tile.row * kTile + rank * kRows, tile.sample);
    }
    load_box_to_blocks(kBoth, columns, map, ring.barrier(), x, tile.column * kTile + rank * kRows,
                       tile.sample);
    ring.advance();
  }
}

template <class In>
__device__ __forceinline__ void copy_tiles(const GramParams& params, GramRing ring) {
  GramWork work(params);
  const int rank = cluster_rank();
  GramTile tile;
  while (work.next(tile)) {
    const GramLayer& layer = params.layers[tile.layer];
    copy_matrix<In>(layer.a, layer.stages_a, tile, rank, ring);
    copy_matrix<In>(layer.g, layer.stages_g, tile, rank, ring);
  }
}

/// 64 rows × 2N columns of one Gram matrix, from the next stages ≥ 1 stages; `rows` is the offset
/// of the rows in a stage.
template <class In, int N>
__device__ __forceinline__ void form(float (&acc)[N], GramRing& ring, int stages, uint32_t rows) {
  clear(acc);
  multiply_stages(acc, ring, stages, [&](uint32_t stage) {
    const uint64_t m = operand<Major::k>(stage + rows);
    const uint64_t n = operand<Major::k>(stage + kRowBytes);
#pragma unroll
    for (int k = 0; k < kSteps; ++k) {
      const uint64_t step = k * kOperandStep<Major::k>;
      multiply_step<In, Major::k>(acc, m + step, n + step, /*keep=*/1);
    }
  });
}

/// Σ x·y over accumulators [kFirst, kEnd).
template <int kFirst, int kEnd, int N>
__device__ __forceinline__ float dot(const float (&x)[N], const float (&y)[N]) {
  float even = 0, odd = 0;
#pragma unroll
  for (int i = kFirst; i < kEnd; i += 2) {
    even += x[i] * y[i];
    odd += x[i + 1] * y[i + 1];
  }
  return even + odd;
}

/// What a thread adds of a tile: its share of ⟨a aᵀ, g gᵀ⟩, of Σ_t ‖a_t‖‖g_t‖ and of Σ_t ‖g_t‖.
struct TileSums {
  float sq = 0, products = 0, gradients = 0;
};

/// The two diagonal elements that some threads hold of a 64 × 64 block: element 8w + 6h + e of the
/// block's 32 accumulators, in row 16w + lane/4 + 8h, where lane%4 = lane/8 and e = lane/4 % 2.
struct Diagonal {
  float a_sq[2] = {}, g_sq[2] = {};

  /// Accumulator i of 32, i known at compile time.
  __device__ __forceinline__ void look(int i, float x, float y) {
    const int in_warp = i % 8, h = in_warp / 4;
    if (in_warp != 6 * h && in_warp != 6 * h + 1) return;
    const int warp = threadIdx.x % kWarpgroup / 32, lane = threadIdx.x % 32;
    const bool mine = (warp == i / 8) & (lane % 4 == lane / 8) & (lane / 4 % 2 == i % 2);
    a_sq[h] = mine ? x : a_sq[h];
    g_sq[h] = mine ? y : g_sq[h];
  }

  __device__ __forceinline__ void add_to(TileSums& sums) const {
#pragma unroll
    for (int h = 0; h < 2; ++h) {
      const float g = square_root(g_sq[h]);
      sums.products += square_root(a_sq[h]) * g;  // a root of the product could overflow
      sums.gradients += g;
    }
  }
};

/// Rows of a diagonal tile that end with the diagonal 64 × 64 block: what lies left of it counts
/// twice.
template <class In, int N>
__device__ __forceinline__ TileSums diagonal_rows(const GramLayer& layer, GramRing& ring,
                                                  uint32_t rows) {
  float x[N], y[N];
  form<In>(x, ring, layer.stages_a, rows);
  form<In>(y, ring, layer.stages_g, rows);
  TileSums sums{2 * dot<0, N - 32>(x, y) + dot<N - 32, N>(x, y)};
  Diagonal diagonal;
#pragma unroll
  for (int i = 0; i < 32; ++i) diagonal.look(i, x[N - 32 + i], y[N - 32 + i]);
  diagonal.add_to(sums);
  return sums;
}

/// All 256 columns. Half of the first matrix waits in shared memory: both don't fit the registers.
template <class In>
__device__ __forceinline__ TileSums full_rows(const GramLayer& layer, GramRing& ring, uint32_t rows,
                                              float* parked, bool is_diagonal) {
  float kept[kParked], y[kAccumulators];
  {
    float x[kAccumulators];
    form<In>(x, ring, layer.stages_a, rows);
#pragma unroll
    for (int i = 0; i < kParked; ++i) {
      kept[i] = 2 * x[i];  // a copy that the compiler can't take for x itself
      parked[i * kConsumers * kWarpgroup] = x[kParked + i];
    }
    pin(kept);
  }
  form<In>(y, ring, layer.stages_g, rows);
  float left = 0, middle = 0, right = 0;
#pragma unroll
  for (int i = 0; i < kParked; ++i) {
    left += kept[i] * y[i];
    float& of = i < kParked / 2 ? middle : right;
    of += parked[i * kConsumers * kWarpgroup] * y[kParked + i];
  }
  TileSums sums{left + 2 * middle + (is_diagonal ? 1 : 2) * right};
  if (!is_diagonal) return sums;
  constexpr int kLast = kAccumulators - 32;
  Diagonal diagonal;
#pragma unroll
  for (int i = 0; i < 32; ++i) {
    diagonal.look(i, parked[(kLast - kParked + i) * kConsumers * kWarpgroup], y[kLast + i]);
  }
  diagonal.add_to(sums);
  return sums;
}

/// A slot a warp and sum.
__device__ __forceinline__ void write_partials(const GramParams& params, int item, int warp,
                                               const TileSums& sums) {
  const float of_warp[kGramSums] = {warp_sum(sums.sq), warp_sum(sums.products),
                                    warp_sum(sums.gradients)};
  if (threadIdx.x % 32 != 0) return;
#pragma unroll
  for (int k = 0; k < kGramSums; ++k) {
    const size_t slot = static_cast<size_t>(k) * params.items + item;
    params.partials[slot * kPartialsOfTile + warp] = of_warp[k];
  }
}

template <class In>
__device__ __forceinline__ void multiply_tiles(const GramParams& params, GramRing ring,
                                               float* park) {
  const int rank = cluster_rank(), consumer = threadIdx.x - kWarpgroup;
  const int warpgroup = warp_uniform(consumer / kWarpgroup);
  GramWork work(params);
  GramTile tile;
  while (work.next(tile)) {
    const GramLayer& layer = params.layers[tile.layer];
    // Groups 0 and 3 of a diagonal tile are one block's, 1 and 2 the other's: equal work.
    const int group = !tile.is_diagonal() ? 3 : rank ? 1 + warpgroup : 3 * warpgroup;
    const uint32_t rows =
        tile.is_diagonal() ? kRowBytes + group * kGroup * 128 : warpgroup * kGroup * 128;
    TileSums sum;
    switch (group) {
      case 0:
        sum = diagonal_rows<In, 32>(layer, ring, rows);
        break;
      case 1:
        sum = diagonal_rows<In, 64>(layer, ring, rows);
        break;
      case 2:
        sum = diagonal_rows<In, 96>(layer, ring, rows);
        break;
      default:
        sum = full_rows<In>(layer, ring, rows, park + consumer, tile.is_diagonal());
    }
    write_partials(params, tile.item, (rank * kConsumers * kWarpgroup + consumer) / 32, sum);
  }
}

template <class In>
__global__ void __launch_bounds__(kThreads, 1)
    gram_tiles(const __grid_constant__ GramParams params) {
  extern __shared__ uint8_t shared[];
  const uint32_t base = shared_address(shared), stages = (base + 1023) & ~1023u;
  const uint32_t park = stages + GramRing::kBytes;
  GramRing ring{stages, park + kParkBytes, cluster_rank()};
  if (threadIdx.x == 0) ring.init();
  cluster_sync();
  if (threadIdx.x < kWarpgroup) {
    give_registers_up<kProducerRegisters>();
    if (threadIdx.x == 0) copy_tiles<In>(params, ring);
  } else {
    take_registers<kConsumerRegisters>();
    multiply_tiles<In>(params, ring, reinterpret_cast<float*>(shared + (park - base)));
  }
  cluster_sync();
}

}  // namespace clipbench::kernels::hopper::gram
