// Tiles of products over tokens, g_bᵀ a_b: where a block's tile lies, and how its operands are
// copied.
#pragma once

#include "kernels/ampere/linear_view.h"
#include "kernels/ampere/tiles.cuh"

namespace clipbench::kernels::ampere {

inline constexpr int kStages = 4;

/// Stages of a sample's tokens.
template <class Stage>
__host__ __device__ inline int stages_of(int tokens) {
  return (tokens + Stage::kDepth - 1) / Stage::kDepth;
}

/// First row, of d, and column, of p, of this block's tile: blockIdx.x numbers tiles row by row.
struct TilePlace {
  int row, column;
  __device__ explicit TilePlace(int p) {
    const int across = (p + kEdge - 1) / kEdge;
    row = static_cast<int>(blockIdx.x) / across * kEdge;
    column = static_cast<int>(blockIdx.x) % across * kEdge;
  }
};

/// A stage of tokens of both operands; elements outside [d,p] are 0.
template <class Of>
struct TokenLoader {
  using Stage = TokenStage<Of>;
  const LayerView& layer;
  TilePlace place;
  int first_row, rows;  // of d: the first that is formed, and how many

  /// Tokens `token` … of `sample`.
  __device__ __forceinline__ void operator()(int sample, int token, uint32_t to) const {
    const std::int64_t at = static_cast<std::int64_t>(sample) * layer.tokens + token;
    const int left = layer.tokens - token;
    copy_box<Of::kThreads, Stage::kDepth, Stage::kRowBytes>(
        to, layer.g + at * layer.g_pitch + (first_row + place.row) * 2, layer.g_pitch, left,
        (rows - place.row) * 2);
    copy_box<Of::kThreads, Stage::kDepth, Stage::kRowBytes>(
        to + Stage::kOperandBytes, layer.a + at * layer.a_pitch + place.column * 2, layer.a_pitch,
        left, (layer.p - place.column) * 2);
  }
};

}  // namespace clipbench::kernels::ampere
