#include "kernels/cuda/norm_partials.h"

#include "kernels/cuda/block.cuh"
#include "kernels/cuda/early_start.cuh"

namespace clipbench::kernels::cuda {
namespace {

constexpr int kThreads = 256;

/// A block a (sample, layer, sum): strided sums, then a tree of fixed shape.
__global__ void __launch_bounds__(kThreads)
    sum_partials(const __grid_constant__ NormPartials of, float* out) {
  await_launches_before();
  const int sample = blockIdx.x, layer = blockIdx.y, which = blockIdx.z;
  const int all_tiles = of.first_tile[of.layers] * of.samples;
  const int tiles = of.first_tile[layer + 1] - of.first_tile[layer];
  const size_t first =
      static_cast<size_t>(of.first_tile[layer]) * of.samples + static_cast<size_t>(sample) * tiles;
  const float* partials =
      of.partials + (static_cast<size_t>(which) * all_tiles + first) * of.of_tile;
  double sum = 0;
  for (int i = threadIdx.x; i < tiles * of.of_tile; i += kThreads) sum += partials[i];
  sum = block_sum<kThreads / 32>(sum);
  if (threadIdx.x != 0) return;
  if (which > 0) sum *= of.factor[layer];
  float* to = out + which * of.plane + layer * of.samples + sample;
  *to = sum < 0 ? 0.f : static_cast<float>(sum);  // NaN stays NaN
}

}  // namespace

void sum_norm_partials(const NormPartials& of, float* out, cudaStream_t stream) {
  const dim3 grid(static_cast<unsigned>(of.samples), static_cast<unsigned>(of.layers),
                  static_cast<unsigned>(of.sums));
  start_early(sum_partials, {grid, kThreads}, stream, "launch of sum_partials", of, out);
}

}  // namespace clipbench::kernels::cuda
