#include "kernels/cuda/guarded_norms.h"

#include <algorithm>

#include "kernels/cuda/block.cuh"
#include "kernels/cuda/early_start.cuh"

namespace clipbench::kernels::cuda {
namespace {

constexpr int kThreads = 256;
constexpr int kMaxParts = 512;  // of a launch

struct Launch {
  GuardedPart parts[kMaxParts];
  int count;
  bool first;  ///< the sums hold nothing yet
};

__device__ double value(const SampleValues& values, int sample) {
  if (values.data == nullptr) return 0;
  return values.wide ? static_cast<const double*>(values.data)[sample]
                     : static_cast<const float*>(values.data)[sample];
}

__device__ double guarded(const GuardedPart& part, double sq, double m) {
  switch (part.guard) {
    case Guard::gram:
      return part.relative * ((sq < 0 ? 0 : sq) + part.weight * m * m);
    case Guard::width: {
      const double n = sqrt(sq) + part.weight * m;
      return part.relative * n * n;
    }
    case Guard::cross:
      return sq + part.weight * m;
    case Guard::stored:
      return part.relative * sq;
  }
  return sq;
}

/// One block a sample.
__global__ void __launch_bounds__(kThreads)
    sum_parts(const __grid_constant__ Launch launch, double* sq, double* safe_sq) {
  await_launches_before();
  const auto sample = static_cast<int>(blockIdx.x);
  double plain = 0, safe = 0;
  for (int k = static_cast<int>(threadIdx.x); k < launch.count; k += kThreads) {
    const GuardedPart& part = launch.parts[k];
    const double n = value(part.sq, sample);
    plain += n;
    safe += guarded(part, n, value(part.magnitude, sample));
  }
  plain = block_sum<kThreads / 32>(plain);
  safe = block_sum<kThreads / 32>(safe);
  if (threadIdx.x != 0) return;
  sq[sample] = (launch.first ? 0 : sq[sample]) + plain;
  safe_sq[sample] = (launch.first ? 0 : safe_sq[sample]) + safe;
}

}  // namespace

void guarded_norms(std::span<const GuardedPart> parts, int samples, double* sq, double* safe_sq,
                   cudaStream_t stream) {
  for (std::size_t begin = 0; begin < parts.size(); begin += kMaxParts) {
    const auto some = parts.subspan(begin, std::min<std::size_t>(kMaxParts, parts.size() - begin));
    Launch launch{.count = static_cast<int>(some.size()), .first = begin == 0};
    std::copy(some.begin(), some.end(), launch.parts);
    start_early(sum_parts, {static_cast<unsigned>(samples), kThreads}, stream,
                "launch of sum_parts", launch, sq, safe_sq);
  }
}

}  // namespace clipbench::kernels::cuda
