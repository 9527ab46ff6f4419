#include <algorithm>

#include "kernels/cuda/early_start.cuh"
#include "kernels/cuda/even_rows.h"

namespace clipbench::kernels::cuda {
namespace {

constexpr int kThreads = 256;
constexpr std::int64_t kMostRows = 65535;  // of a grid

/// The 16 bytes at any even address from the one or two aligned words that hold the first `bytes`.
__device__ inline uint4 load_unaligned(const uint8_t* from, std::int64_t bytes) {
  const auto address = reinterpret_cast<std::uintptr_t>(from);
  const int shift = static_cast<int>(address % 16);
  const auto* aligned = reinterpret_cast<const uint4*>(address - static_cast<unsigned>(shift));
  const uint4 low = *aligned;
  const uint4 high = shift + bytes > 16 ? aligned[1] : make_uint4(0, 0, 0, 0);
  uint32_t words[8] = {low.x, low.y, low.z, low.w, high.x, high.y, high.z, high.w};
#pragma unroll
  for (int i = 0; i < 6; ++i) words[i] = shift & 8 ? words[i + 2] : words[i];
#pragma unroll
  for (int i = 0; i < 5; ++i) words[i] = shift & 4 ? words[i + 1] : words[i];
  const unsigned bits = shift & 2 ? 16 : 0;
  return make_uint4(
      __funnelshift_r(words[0], words[1], bits), __funnelshift_r(words[1], words[2], bits),
      __funnelshift_r(words[2], words[3], bits), __funnelshift_r(words[3], words[4], bits));
}

__global__ void __launch_bounds__(kThreads)
    copy_rows(const uint8_t* from, std::int64_t from_pitch, uint8_t* to, std::int64_t to_pitch,
              std::int64_t rows, std::int64_t row_bytes) {
  await_launches_before();
  const std::int64_t at = 16 * (std::int64_t{blockIdx.x} * kThreads + threadIdx.x);
  if (at >= row_bytes) return;
  for (std::int64_t row = blockIdx.y; row < rows; row += gridDim.y) {
    const uint4 value = load_unaligned(from + row * from_pitch + at, row_bytes - at);
    *reinterpret_cast<uint4*>(to + row * to_pitch + at) = value;
  }
}

}  // namespace

void copy_to_even_rows(const void* from, std::int64_t from_pitch, void* to, std::int64_t to_pitch,
                       std::int64_t rows, std::int64_t row_bytes, cudaStream_t stream) {
  const std::int64_t block_bytes = 16 * kThreads;
  const dim3 grid(static_cast<unsigned>((row_bytes + block_bytes - 1) / block_bytes),
                  static_cast<unsigned>(std::min(rows, kMostRows)));
  start_early(copy_rows, {grid, kThreads}, stream, "launch of copy_rows",
              static_cast<const uint8_t*>(from), from_pitch, static_cast<uint8_t*>(to), to_pitch,
              rows, row_bytes);
}

}  // namespace clipbench::kernels::cuda
