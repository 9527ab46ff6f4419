#include "kernels/cuda/weighted_sum.h"

#include "kernels/cuda/early_start.cuh"
#include "kernels/cuda/grid.h"
#include "kernels/cuda/sample_rows.cuh"

namespace clipbench::kernels::cuda {
namespace {

constexpr int kThreads = 256;

template <int N, class T>
__global__ void __launch_bounds__(kThreads)
    sum_rows(const T* rows, std::int64_t pitch, std::int64_t groups, int samples,
             const float* factors, float* sum) {
  await_launches_before();
  for (std::int64_t i = blockIdx.x * kThreads + threadIdx.x; i < groups;
       i += std::int64_t{gridDim.x} * kThreads) {
    Raw<float, N> held;
    held.load(sum + i * N);
    float acc[N];
    sum_rows_from([&] { held.unpack_to(acc); }, acc, rows + i * N, pitch, samples, factors);
    store(sum + i * N, acc);
  }
}

template <class T>
void launch(const SampleRows& rows, const float* factors, float* sum, cudaStream_t stream) {
  const auto* data = static_cast<const T*>(rows.data);
  const bool even =
      rows.size % 8 == 0 && rows.pitch % 8 == 0 && on_16_bytes(data) && on_16_bytes(sum);
  const int group = even ? 8 : 1;
  start_early(even ? sum_rows<8, T> : sum_rows<1, T>,
              {blocks_for(rows.size, group * kThreads, 8), kThreads}, stream, "launch of sum_rows",
              data, rows.pitch, rows.size / group, rows.samples, factors, sum);
}

}  // namespace

void weighted_sum(const SampleRows& rows, const float* factors, float* sum, cudaStream_t stream) {
  with_element(rows.type, [&]<class T>(T) { launch<T>(rows, factors, sum, stream); });
}

}  // namespace clipbench::kernels::cuda
