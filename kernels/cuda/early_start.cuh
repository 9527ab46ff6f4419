// Launches that start while the one before them on the stream still runs ("programmatic dependent
// launch", compute capability 9.0 and up): blocks come as others leave, set themselves up and wait.
#pragma once

#include <cuda_runtime.h>

#include "kernels/cuda/device.h"

namespace clipbench::kernels::cuda {

/// Every kernel that start_early launches calls this before it touches device memory: what was
/// launched before is complete then, and what it wrote is seen, but not by __ldg, whose cache is
/// for what no kernel writes. The launch after this one may come as soon as all blocks have.
__device__ __forceinline__ void await_launches_before() {
#if !defined(__CUDA_ARCH__) || __CUDA_ARCH__ >= 900
  cudaTriggerProgrammaticLaunchCompletion();
  cudaGridDependencySynchronize();
#endif
}

struct Blocks {
  dim3 grid;
  int threads;
  int shared_bytes = 0;
  int of_cluster = 1;  ///< more than 1: a cluster's, in x
};

/// Launches kernel(arguments…). Throws std::runtime_error "WHAT: the runtime's words".
template <class... Parameters, class... Arguments>
void start_early(void (*kernel)(Parameters...), const Blocks& blocks, cudaStream_t stream,
                 const char* what, const Arguments&... arguments) {
  constexpr int kSharedBytesUnasked = 48 * 1024;
  if (blocks.shared_bytes > kSharedBytesUnasked) {
    const auto attribute = cudaFuncAttributeMaxDynamicSharedMemorySize;
    cuda_check(cudaFuncSetAttribute(kernel, attribute, blocks.shared_bytes), what);
  }
  cudaLaunchAttribute attributes[2];
  cudaLaunchConfig_t config{};
  config.gridDim = blocks.grid;
  config.blockDim = dim3(static_cast<unsigned>(blocks.threads));
  config.dynamicSmemBytes = static_cast<std::size_t>(blocks.shared_bytes);
  config.stream = stream;
  config.attrs = attributes;
  if (compute_capability_major(current_device()) >= 9) {
    auto& early = attributes[config.numAttrs++];
    early.id = cudaLaunchAttributeProgrammaticStreamSerialization;
    early.val.programmaticStreamSerializationAllowed = 1;
  }
  if (blocks.of_cluster > 1) {
    auto& cluster = attributes[config.numAttrs++];
    cluster.id = cudaLaunchAttributeClusterDimension;
    cluster.val.clusterDim = {static_cast<unsigned>(blocks.of_cluster), 1, 1};
  }
  cuda_check(cudaLaunchKernelEx(&config, kernel, static_cast<Parameters>(arguments)...), what);
}

}  // namespace clipbench::kernels::cuda
