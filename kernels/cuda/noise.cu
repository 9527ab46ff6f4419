#include "kernels/cuda/noise.h"

#include "kernels/cuda/early_start.cuh"
#include "kernels/cuda/elements.cuh"
#include "kernels/cuda/grid.h"
#include "kernels/cuda/philox.cuh"

namespace clipbench::kernels::cuda {
namespace {

constexpr int kThreads = 256;

template <int N>
__global__ void __launch_bounds__(kThreads)
    write_noise(float* to, std::int64_t groups, Noise noise) {
  await_launches_before();
  for (std::int64_t i = blockIdx.x * kThreads + threadIdx.x; i < groups;
       i += std::int64_t{gridDim.x} * kThreads) {
    float values[N] = {};
    if (noise.std != 0) add_noise(values, noise, noise.first + static_cast<std::uint64_t>(i) * N);
    store(to + i * N, values);
  }
}

}  // namespace

void set_noise(float* out, std::int64_t n, const Noise& noise, cudaStream_t stream) {
  constexpr auto kName = "launch of write_noise";
  if (n % 8 == 0 && noise.first % 4 == 0 && on_16_bytes(out)) {
    start_early(write_noise<8>, {blocks_for(n, 8 * kThreads, 8), kThreads}, stream, kName, out,
                n / 8, noise);
  } else {
    start_early(write_noise<1>, {blocks_for(n, kThreads, 8), kThreads}, stream, kName, out, n,
                noise);
  }
}

}  // namespace clipbench::kernels::cuda
