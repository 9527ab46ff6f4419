#include "kernels/cuda/norm_partials.h"

#include "kernels/cuda/block.cuh"
#include "kernels/cuda/device.h"

namespace clipbench::kernels::cuda {
namespace {

constexpr int kThreads = 256;

/// A block a (sample, layer, sum): strided sums, then a tree of fixed shape.
__global__ void __launch_bounds__(kThreads)
    sum_partials(const __grid_constant__ NormPartials of, float* out) {
#if __CUDA_ARCH__ >= 900
  cudaGridDependencySynchronize();
#endif
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
  cudaLaunchAttribute early;  // its blocks may start while the last tiles are still being formed
  early.id = cudaLaunchAttributeProgrammaticStreamSerialization;
  early.val.programmaticStreamSerializationAllowed = 1;
  cudaLaunchConfig_t config{};
  config.gridDim = dim3(static_cast<unsigned>(of.samples), static_cast<unsigned>(of.layers),
                        static_cast<unsigned>(of.sums));
  config.blockDim = dim3(kThreads);
  config.stream = stream;
  config.attrs = &early;
  config.numAttrs = compute_capability_major(current_device()) >= 9 ? 1 : 0;
  cuda_check(cudaLaunchKernelEx(&config, sum_partials, of, out), "launch of sum_partials");
}

}  // namespace clipbench::kernels::cuda
