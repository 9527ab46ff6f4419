// ⟨a aᵀ, g gᵀ⟩ over the lower triangle of 256 × 256 tiles of [T,T]. A pair of blocks forms the same
// tile of both Gram matrices, one after the other, and multiplies them element by element on chip:
// first the tiles below the diagonal, then those on it, whose stages are smaller and therefore
// more. The diagonals hold ‖a_t‖² and ‖g_t‖², from which what rounding is relative to comes for
// free.
#pragma once

#include <algorithm>

#include "kernels/hopper/linear.h"
#include "kernels/hopper/linear_params.h"
#include "kernels/hopper/pair_kernel.cuh"

namespace clipbench::kernels::hopper::gram {

constexpr int kTile = 256, kRows = 128;  // of the pair; rows of a block
constexpr int kGroup = 64;               // rows of a warpgroup
constexpr int kSteps = 4;                // of a stage: 128 bytes of each row, 32 a step
template <class In>
constexpr int kStageColumns = 128 / sizeof(In);  // summed over
constexpr int kRowBytes = kRows * 128, kColumnBytes = kTile * 128, kGroupBytes = kGroup * 128;
constexpr int kAccumulators = kTile / 2, kBlock = kGroup / 2;  // a thread: of all columns, of 64
constexpr int kParked = kAccumulators / 2;                     // of the first matrix, a thread
constexpr int kParkBytes = kParked * kConsumers * kWarpgroup * 4;
constexpr int kPartialsOfTile = kPair * kPartials;
constexpr int kMaxClusters = 80, kMaxListed = 6144;
constexpr uint16_t kBoth = 3;  // blocks of a pair

/// Below the diagonal a block has rows of its own, in front of the pair's columns; on it the rows
/// lie among the columns.
using BelowRing = Ring<3, kRowBytes + kColumnBytes, kPair>;
using DiagonalRing = Ring<7, kColumnBytes, kPair>;
constexpr int kStageBytes = std::max(BelowRing::kBytes + kParkBytes, DiagonalRing::kBytes);
constexpr int kSharedBytes =
    kStageBytes + BelowRing::kBarrierBytes + DiagonalRing::kBarrierBytes + 1024;

struct GramLayer {
  CUtensorMap a, g;  // [B,T,p], [B,T,d]
  int stages_a, stages_g;
};

struct GramParams {
  GramLayer layers[kMaxLayers];
  float* partials;                // [kGramSums,items,kPartialsOfTile]
  int diagonals, tiles, samples;  // tiles on the diagonal come first among those of a matrix
  int items;                      // layers · samples · tiles
  bool listed;                    // else items are dealt out in turn
  uint16_t begin[kMaxClusters + 1], list[kMaxListed];
};

struct GramTile {
  int layer, sample, row, column, item;  // row, column in tiles
};

/// A pair's tiles on the diagonal, or below it.
struct GramWork {
  const GramParams& params;
  bool on_diagonal;
  int at, end, step;

  __device__ GramWork(const GramParams& p, bool diagonal) : params(p), on_diagonal(diagonal) {
    const int cluster = this_cluster();
    at = p.listed ? p.begin[cluster] : cluster;
    end = p.listed ? p.begin[cluster + 1] : p.items;
    step = p.listed ? 1 : clusters();
  }

  __device__ bool next(GramTile& tile) {
    for (; at < end; at += step) {
      tile.item = params.listed ? params.list[at] : at;
      const int matrix = tile.item / params.tiles, t = tile.item % params.tiles;
      if ((t < params.diagonals) != on_diagonal) continue;
      tile.layer = matrix / params.samples;
      tile.sample = matrix % params.samples;
      tile.row = tile.column = t;
      if (!on_diagonal) {
        const cuda::TrianglePlace place(t - params.diagonals);
        tile.row = place.row + 1;
        tile.column = place.column;
      }
      at += step;
      return true;
    }
    return false;
  }
};

template <class In>
__device__ __forceinline__ void copy_matrix(const CUtensorMap& map, int stages,
                                            const GramTile& tile, BelowRing& ring) {
  for (int stage = 0; stage < stages; ++stage) {
    const int x = stage * kStageColumns<In>, half = ring.rank * kRows;
    const uint32_t rows = ring.stage(), columns = rows + kRowBytes + half * 128;
    ring.begin_fill(kRowBytes + kColumnBytes);
    load_box(rows, map, ring.barrier(), x, tile.row * kTile + half, tile.sample);
    load_box_to_blocks(kBoth, columns, map, ring.barrier(), x, tile.column * kTile + half,
                       tile.sample);
    ring.advance();
  }
}

template <class In>
__device__ __forceinline__ void copy_matrix(const CUtensorMap& map, int stages,
                                            const GramTile& tile, DiagonalRing& ring) {
  for (int stage = 0; stage < stages; ++stage) {
    const int x = stage * kStageColumns<In>, half = ring.rank * kRows;
    ring.begin_fill(kColumnBytes);
    load_box_to_blocks(kBoth, ring.stage() + half * 128, map, ring.barrier(), x,
                       tile.column * kTile + half, tile.sample);
    ring.advance();
  }
}

template <class In, class Ring>
__device__ __forceinline__ void copy_tiles(const GramParams& params, GramWork work, Ring ring) {
  GramTile tile;
  while (work.next(tile)) {
    const GramLayer& layer = params.layers[tile.layer];
    copy_matrix<In>(layer.a, layer.stages_a, tile, ring);
    copy_matrix<In>(layer.g, layer.stages_g, tile, ring);
  }
}

/// 64 rows × 2N columns of one Gram matrix, from the next stages ≥ 1 stages; where rows and columns
/// begin in a stage.
template <class In, int N, class Ring>
__device__ __forceinline__ void form(float (&acc)[N], Ring& ring, int stages, uint32_t rows,
                                     uint32_t columns) {
  clear(acc);
  multiply_stages(acc, ring, stages, [&](uint32_t stage) {
    const uint64_t m = operand<Major::k>(stage + rows);
    const uint64_t n = operand<Major::k>(stage + columns);
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
/// block's accumulators, in row 16w + lane/4 + 8h, where lane%4 = lane/8 and e = lane/4 % 2.
struct Diagonal {
  float a_sq[2] = {}, g_sq[2] = {};

  /// Accumulator i of the block, i known at compile time.
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

/// Two 64 × 64 blocks on the diagonal, from the next stages ≥ 1 stages; where each begins in a
/// stage.
template <class In>
__device__ __forceinline__ void form_blocks(float (&acc)[2 * kBlock], DiagonalRing& ring,
                                            int stages, uint32_t first, uint32_t second) {
  clear(acc);
  float(&one)[kBlock] = reinterpret_cast<float(&)[kBlock]>(acc[0]);
  float(&two)[kBlock] = reinterpret_cast<float(&)[kBlock]>(acc[kBlock]);
  multiply_stages(acc, ring, stages, [&](uint32_t stage) {
    const uint64_t m = operand<Major::k>(stage + first);
    const uint64_t n = operand<Major::k>(stage + second);
#pragma unroll
    for (int k = 0; k < kSteps; ++k) {
      const uint64_t step = k * kOperandStep<Major::k>;
      multiply_step<In, Major::k>(one, m + step, m + step, /*keep=*/1);
      multiply_step<In, Major::k>(two, n + step, n + step, /*keep=*/1);
    }
  });
}

/// Accumulators of both Gram matrices on a diagonal tile: the first kTwice lie left of the diagonal
/// 64 × 64 blocks and count twice, the others are such blocks.
template <int kTwice, int N>
__device__ __forceinline__ TileSums sums_on_diagonal(const float (&x)[N], const float (&y)[N]) {
  TileSums sums{2 * dot<0, kTwice>(x, y) + dot<kTwice, N>(x, y)};
#pragma unroll
  for (int block = kTwice; block < N; block += kBlock) {
    Diagonal diagonal;
#pragma unroll
    for (int i = 0; i < kBlock; ++i) diagonal.look(i, x[block + i], y[block + i]);
    diagonal.add_to(sums);
  }
  return sums;
}

/// 64 rows, the group-th of the tile, and columns up to 2N.
template <class In, int N, int kTwice>
__device__ __forceinline__ TileSums rows_on_diagonal(const GramLayer& layer, DiagonalRing& ring,
                                                     int group) {
  float x[N], y[N];
  form<In>(x, ring, layer.stages_a, group * kGroupBytes, 0);
  form<In>(y, ring, layer.stages_g, group * kGroupBytes, 0);
  return sums_on_diagonal<kTwice>(x, y);
}

/// The first and the last diagonal block.
template <class In>
__device__ __forceinline__ TileSums blocks_on_diagonal(const GramLayer& layer, DiagonalRing& ring) {
  constexpr uint32_t kFirst = 0, kLast = kColumnBytes - kGroupBytes;
  float x[2 * kBlock], y[2 * kBlock];
  form_blocks<In>(x, ring, layer.stages_a, kFirst, kLast);
  form_blocks<In>(y, ring, layer.stages_g, kFirst, kLast);
  return sums_on_diagonal<0>(x, y);
}

/// Ten blocks of 64 × 64 lie on or left of the diagonal: each block of the pair has five, one of
/// its warpgroups three and the other two.
template <class In>
__device__ __forceinline__ TileSums diagonal_tile(const GramLayer& layer, DiagonalRing& ring,
                                                  int warpgroup) {
  if (ring.rank == 0) {
    return warpgroup == 0 ? rows_on_diagonal<In, 3 * kBlock, 3 * kBlock>(layer, ring, 3)
                          : blocks_on_diagonal<In>(layer, ring);
  }
  return warpgroup == 0 ? rows_on_diagonal<In, 3 * kBlock, 2 * kBlock>(layer, ring, 2)
                        : rows_on_diagonal<In, 2 * kBlock, kBlock>(layer, ring, 1);
}

/// 64 rows and all columns. Half of the first matrix waits in shared memory: both don't fit the
/// registers.
template <class In>
__device__ __forceinline__ TileSums tile_below(const GramLayer& layer, BelowRing& ring,
                                               int warpgroup, float* parked) {
  float kept[kParked], y[kAccumulators];
  {
    float x[kAccumulators];
    form<In>(x, ring, layer.stages_a, warpgroup * kGroupBytes, kRowBytes);
#pragma unroll
    for (int i = 0; i < kParked; ++i) {
      kept[i] = 2 * x[i];  // a copy that the compiler can't take for x itself
      parked[i * kConsumers * kWarpgroup] = x[kParked + i];
    }
    pin(kept);
  }
  form<In>(y, ring, layer.stages_g, warpgroup * kGroupBytes, kRowBytes);
  float left = 0, right = 0;
#pragma unroll
  for (int i = 0; i < kParked; ++i) {
    left += kept[i] * y[i];
    right += parked[i * kConsumers * kWarpgroup] * y[kParked + i];
  }
  return {left + 2 * right};
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

template <class Tile>
__device__ __forceinline__ void multiply_tiles(const GramParams& params, GramWork work,
                                               const Tile& sums_of) {
  const int warp = (cluster_rank() * kConsumers * kWarpgroup + threadIdx.x - kWarpgroup) / 32;
  GramTile tile;
  while (work.next(tile)) {
    write_partials(params, tile.item, warp, sums_of(params.layers[tile.layer]));
  }
}

template <class In>
__global__ void __launch_bounds__(kThreads, 1)
    gram_tiles(const __grid_constant__ GramParams params) {
  uint8_t* const shared = dynamic_shared();
  const uint32_t base = shared_address(shared), stages = (base + 1023) & ~1023u;
  const uint32_t park = stages + BelowRing::kBytes, barriers = stages + kStageBytes;
  BelowRing below{stages, barriers, cluster_rank()};
  DiagonalRing diagonal{stages, barriers + BelowRing::kBarrierBytes, cluster_rank()};
  const GramWork below_work(params, false), diagonal_work(params, true);
  if (threadIdx.x == 0) below.init(), diagonal.init();
  cluster_sync();
  cuda::await_launches_before();
  if (threadIdx.x < kWarpgroup) {
    give_registers_up<kProducerRegisters>();
    if (threadIdx.x == 0) copy_tiles<In>(params, below_work, below);
    cluster_sync();  // both rings use the same memory
    if (threadIdx.x == 0) copy_tiles<In>(params, diagonal_work, diagonal);
  } else {
    take_registers<kConsumerRegisters>();
    const int consumer = threadIdx.x - kWarpgroup;
    const int warpgroup = warp_uniform(consumer / kWarpgroup);
    float* parked = reinterpret_cast<float*>(shared + (park - base)) + consumer;
    multiply_tiles(params, below_work, [&](const GramLayer& layer) {
      return tile_below<In>(layer, below, warpgroup, parked);
    });
    shared_writes_visible_to_copies();  // where tiles were parked, copies land
    cluster_sync();
    multiply_tiles(params, diagonal_work, [&](const GramLayer& layer) {
      return diagonal_tile<In>(layer, diagonal, warpgroup);
    });
  }
  cluster_sync();  // other blocks may still signal this one's barriers
}

}  // namespace clipbench::kernels::hopper::gram
