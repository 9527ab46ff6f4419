// Noise of a tile's accumulators, the same numbers as kernels/cuda/philox.cuh has for the elements.
#pragma once

#include "kernels/cuda/philox.cuh"
#include "kernels/hopper/linear_tiles.cuh"

namespace clipbench::kernels::hopper {

/// Of one thread. Four columns are one draw, and two lanes hold two of them each in rows r and
/// r + 8: the even lane draws for row r, the odd one for row r + 8, and they swap halves.
class TileNoise {
 public:
  __device__ TileNoise(const cuda::Noise& noise, const LayerTiles& layer, const Piece& piece,
                       const Consumer& me)
      : noise_(noise), odd_(me.lane % 2) {
    noise_.stream = layer.noise_stream;
    const int row = me.first_row(piece) + me.warp * 16 + me.lane / 4 + odd_ * 8;
    const auto first = layer.noise_first + static_cast<uint64_t>(row) * layer.p + piece.n;
    group_ = first / 4 + me.lane % 4 / 2;
  }

  /// To accumulators 4j … 4j + 3.
  __device__ __forceinline__ void add_to(float (&values)[4], int j) const {
    const float4 z = cuda::normals(noise_, group_ + 2 * j);
    const float x = __shfl_xor_sync(~0u, odd_ ? z.x : z.z, 1);
    const float y = __shfl_xor_sync(~0u, odd_ ? z.y : z.w, 1);
    values[0] = fmaf(noise_.std, odd_ ? x : z.x, values[0]);
    values[1] = fmaf(noise_.std, odd_ ? y : z.y, values[1]);
    values[2] = fmaf(noise_.std, odd_ ? z.z : x, values[2]);
    values[3] = fmaf(noise_.std, odd_ ? z.w : y, values[3]);
  }

 private:
  cuda::Noise noise_;
  uint64_t group_;  // of column 0
  int odd_;
};

}  // namespace clipbench::kernels::hopper
