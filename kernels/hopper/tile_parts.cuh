// How a warpgroup's accumulators leave for memory: parts of 64 rows × 64 or 32 columns in shared
// memory, which the copy engine stores or adds.
#pragma once

#include "kernels/cuda/elements.cuh"
#include "kernels/hopper/linear_params.h"
#include "kernels/hopper/linear_tiles.cuh"
#include "kernels/hopper/tensor_map.h"

namespace clipbench::kernels::hopper {

/// Parts of tiles with kTileColumns columns of Out: rows of 128 bytes, or 64 where those don't
/// divide a tile.
template <class Out, int kTileColumns>
struct Part {
  static constexpr int kFullRow = 128 / sizeof(Out);
  static constexpr int kRows = 64,
                       kColumns = kTileColumns % kFullRow == 0 ? kFullRow : kFullRow / 2;
  static constexpr int kRowBytes = kColumns * int{sizeof(Out)}, kBytes = kRows * kRowBytes;
  static constexpr int kOfTile = kTileColumns / kColumns;
};

/// Where 16-byte chunk `chunk` of a part's row lies: chunks are swizzled over the row.
template <int kRowBytes>
__device__ __forceinline__ uint32_t chunk_offset(int row, int chunk) {
  const int swizzle = kRowBytes == 128 ? row % 8 : row / 2 % 4;
  return static_cast<uint32_t>(row * kRowBytes + (chunk ^ swizzle) * 16);
}

template <class Out>
constexpr Element kElementOf = std::is_same_v<Out, float>       ? Element::f32
                               : std::is_same_v<Out, cuda::f16> ? Element::f16
                                                                : Element::bf16;

/// [samples,rows,columns] in boxes of a part.
template <class Out>
TensorShape part_shape(int tile_columns, std::int64_t samples, std::int64_t rows,
                       std::int64_t columns) {
  std::uint32_t part_columns = 0;
  AllWidths::with(tile_columns, [&](auto n) { part_columns = Part<Out, n>::kColumns; });
  const auto row_bytes = sizeof(Out) * static_cast<std::uint64_t>(columns);
  const auto n = static_cast<std::uint64_t>(rows);
  return {.element = kElementOf<Out>,
          .extents = {static_cast<std::uint64_t>(columns), n, static_cast<std::uint64_t>(samples)},
          .strides = {row_bytes, row_bytes * n},
          .box = {part_columns, 64, 1}};
}

/// A part to the box at `to`. values(j, v) sets v to what becomes of accumulators 4j … 4j + 3 of
/// the part.
///
/// Half a warp writes 32 bytes of four rows at once, and the swizzle has rows 2i and 2i + 1 on the
/// same banks: odd rows write groups k + 2 and k where even ones write k and k + 2.
template <class Of, class Values>
__device__ __forceinline__ void write_part(float, uint32_t to, const Consumer& me,
                                           const Values& values) {
  static_assert(Of::kColumns == 32);
  const int row = me.warp * 16 + me.lane / 4, quad = me.lane % 4;
  const bool odd = row % 2 == 1;
#pragma unroll
  for (int k = 0; k < 2; ++k) {
    float v[4], w[4];
    values(k, v);
    values(k + 2, w);
#pragma unroll
    for (int turn = 0; turn < 2; ++turn) {
      const bool second = odd != (turn == 1);
#pragma unroll
      for (int half = 0; half < 2; ++half) {
        const int chunk = 2 * (second ? k + 2 : k) + quad / 2;
        store_pair(to + chunk_offset<Of::kRowBytes>(row + 8 * half, chunk) + quad % 2 * 8,
                   second ? w[2 * half] : v[2 * half], second ? w[2 * half + 1] : v[2 * half + 1]);
      }
    }
  }
}

template <class Out>
__device__ __forceinline__ uint32_t rounded_pair(float x, float y) {
  const auto pair = cuda::Pair<Out>::rounded(x, y);
  return *reinterpret_cast<const uint32_t*>(&pair);
}

/// 16 columns of a part of bf16 or f16, from 8-column group k on, in pairs as wgmma leaves them.
template <class Of>
__device__ __forceinline__ void store_16_columns(uint32_t part, int k, const Consumer& me,
                                                 const uint32_t (&pairs)[4]) {
  const int row = me.warp * 16 + me.lane % 16;
  store_matrices(part + chunk_offset<Of::kRowBytes>(row, k + me.lane / 16), pairs);
}

template <class Of, class Out, class Values>
__device__ __forceinline__ void write_part(Out, uint32_t to, const Consumer& me,
                                           const Values& values) {
#pragma unroll
  for (int k = 0; k < Of::kColumns / 8; k += 2) {
    float v[4], w[4];
    values(k, v);
    values(k + 1, w);
    store_16_columns<Of>(to, k, me,
                         {rounded_pair<Out>(v[0], v[1]), rounded_pair<Out>(v[2], v[3]),
                          rounded_pair<Out>(w[0], w[1]), rounded_pair<Out>(w[2], w[3])});
  }
}

}  // namespace clipbench::kernels::hopper
