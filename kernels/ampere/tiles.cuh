// A block's tile of a matrix product: 128 × 128 accumulators in the registers of four or eight
// warps, operands through shared memory in stages.
#pragma once

#include <algorithm>

#include "kernels/ampere/mma.cuh"
#include "kernels/cuda/early_start.cuh"

namespace clipbench::kernels::ampere {

using cuda::await_launches_before, cuda::start_early;

inline constexpr int kEdge = 128;  // rows and columns of a tile

/// Two rows of warps. Four warps hold 128 accumulators a thread, eight hold 64: half as much is
/// multiplied for what is loaded, but a second tile fits beside it.
template <int kWarpCount>
struct Tile {
  static constexpr int kWarps = kWarpCount, kThreads = 32 * kWarps;
  static constexpr int kWarpsAcross = kWarps / 2;
  static constexpr int kWarpRows = kEdge / 2, kWarpColumns = kEdge / kWarpsAcross;
  static constexpr int kDown = kWarpRows / 16, kAcross = kWarpColumns / 8;  // fragments of a warp

  /// Fragment (i, j) holds rows 16i + lane / 4 (and 8 below) of the warp's, and two columns.
  float at[kDown][kAcross][4] = {};

  static __device__ int warp_row() {
    return static_cast<int>(threadIdx.x) / 32 / kWarpsAcross * kWarpRows;
  }
  static __device__ int warp_column() {
    return static_cast<int>(threadIdx.x) / 32 % kWarpsAcross * kWarpColumns;
  }
  static __device__ int row(int i, int half) {
    return warp_row() + 16 * i + static_cast<int>(threadIdx.x) % 32 / 4 + 8 * half;
  }
  static __device__ int column(int j) {
    return warp_column() + 8 * j + static_cast<int>(threadIdx.x) % 4 * 2;
  }

  /// visit(row, column of the first, two values) for each pair of neighbours.
  template <class Visit>
  __device__ __forceinline__ void for_pairs(const Visit& visit) {
#pragma unroll
    for (int i = 0; i < kDown; ++i) {
#pragma unroll
      for (int half = 0; half < 2; ++half) {
#pragma unroll
        for (int j = 0; j < kAcross; ++j) {
          visit(row(i, half), column(j), at[i][j][2 * half], at[i][j][2 * half + 1]);
        }
      }
    }
  }
};

/// Rows of kRowBytes bytes in shared memory; 16-byte chunks are swizzled over the row, so that
/// eight rows' chunks of one column lie in different banks.
template <int kRowBytes>
__device__ __forceinline__ uint32_t chunk_offset(int row, int chunk) {
  return static_cast<uint32_t>(row * kRowBytes + (chunk ^ row % 8) * 16);
}

/// kRows rows, `pitch` bytes apart, to shared memory: `rows` of them with `bytes` bytes each are
/// there, zeros for the rest.
template <int kThreads, int kRows, int kRowBytes>
__device__ __forceinline__ void copy_box(uint32_t to, const char* from, std::int64_t pitch,
                                         int rows, int bytes) {
  constexpr int kChunks = kRowBytes / 16;
  static_assert(kRows * kChunks % kThreads == 0);
#pragma unroll
  for (int i = 0; i < kRows * kChunks / kThreads; ++i) {
    const int id = static_cast<int>(threadIdx.x) + i * kThreads;
    const int row = id / kChunks, chunk = id % kChunks;
    const int valid = row < rows ? min(max(bytes - chunk * 16, 0), 16) : 0;
    copy_16_bytes(to + chunk_offset<kRowBytes>(row, chunk),
                  valid > 0 ? from + row * pitch + chunk * 16 : from, valid);
  }
}

/// Stages in shared memory, copied kStages − 1 ahead of what is multiplied. load(address) starts
/// the copies of the next stage, or none behind the last one. All threads of the block take part.
template <int kStages, int kStageBytes>
class StageRing {
 public:
  template <class Load>
  __device__ __forceinline__ StageRing(uint32_t shared, const Load& load) : shared_(shared) {
    for (int i = 0; i < kStages - 1; ++i) {
      load(shared + i * kStageBytes);
      commit_copies();
    }
  }

  /// multiply(address) for each of the next `count` stages, once it is there.
  template <class Load, class Multiply>
  __device__ __forceinline__ void run(int count, const Load& load, const Multiply& multiply) {
    for (int i = 0; i < count; ++i) {
      wait_copies<kStages - 2>();
      __syncthreads();
      load(shared_ + free_ * kStageBytes);
      commit_copies();
      multiply(shared_ + slot_ * kStageBytes);
      slot_ = slot_ + 1 == kStages ? 0 : slot_ + 1;
      free_ = free_ + 1 == kStages ? 0 : free_ + 1;
    }
  }

  /// Until the stages' memory may be used for something else.
  __device__ __forceinline__ void finish() {
    wait_copies<0>();
    __syncthreads();
  }

 private:
  uint32_t shared_;
  int slot_ = 0, free_ = kStages - 1;
};

/// Both operands [tokens, …], 16 bits an element: a stage is kDepth tokens of each.
template <class Of>
struct TokenStage {
  static constexpr int kDepth = 32, kRowBytes = kEdge * 2;
  static constexpr int kOperandBytes = kDepth * kRowBytes, kBytes = 2 * kOperandBytes;

  template <class In>
  static __device__ __forceinline__ void multiply(Of& acc, uint32_t stage) {
    const int lane = threadIdx.x % 32;
    const int row_chunk = Of::warp_row() / 8 + lane / 8 % 2;
    const int column_chunk = Of::warp_column() / 8 + lane / 16;
    const uint32_t columns = stage + kOperandBytes;
#pragma unroll
    for (int k = 0; k < kDepth; k += 16) {
      uint32_t m[Of::kDown][4];
#pragma unroll
      for (int i = 0; i < Of::kDown; ++i) {
        load_matrices<true>(
            m[i], stage + chunk_offset<kRowBytes>(k + lane / 16 * 8 + lane % 8, row_chunk + 2 * i));
      }
#pragma unroll
      for (int j = 0; j < Of::kAcross; j += 2) {
        uint32_t n[4];
        load_matrices<true>(n, columns + chunk_offset<kRowBytes>(k + lane / 8 % 2 * 8 + lane % 8,
                                                                 column_chunk + j));
#pragma unroll
        for (int i = 0; i < Of::kDown; ++i) {
          ampere::multiply<In>(acc.at[i][j], m[i], n[0], n[1]);
          ampere::multiply<In>(acc.at[i][j + 1], m[i], n[2], n[3]);
        }
      }
    }
  }
};

/// That cover n rows or columns.
inline int tiles_of(std::int64_t n) { return static_cast<int>((n + kEdge - 1) / kEdge); }

}  // namespace clipbench::kernels::ampere
