// Launches as an ordinary function call, so that what compiles them need not know CUDA's syntax.
#pragma once

#include <cuda_runtime_api.h>

#include "kernels/cuda/cuda_check.h"

namespace clipbench::kernels::cuda {

/// Lets a kernel have `shared_bytes` of dynamic shared memory a block and launches it. Throws
/// std::runtime_error "WHAT: the runtime's words".
template <class... Parameters, class... Arguments>
void launch(void (*kernel)(Parameters...), dim3 grid, int threads, int shared_bytes,
            cudaStream_t stream, const char* what, const Arguments&... arguments) {
  constexpr int kSharedBytesUnasked = 48 * 1024;
  if (shared_bytes > kSharedBytesUnasked) {
    cuda_check(
        cudaFuncSetAttribute(kernel, cudaFuncAttributeMaxDynamicSharedMemorySize, shared_bytes),
        what);
  }
  cudaLaunchConfig_t config{};
  config.gridDim = grid;
  config.blockDim = dim3(static_cast<unsigned>(threads));
  config.dynamicSmemBytes = static_cast<std::size_t>(shared_bytes);
  config.stream = stream;
  cuda_check(cudaLaunchKernelEx(&config, kernel, arguments...), what);
}

}  // namespace clipbench::kernels::cuda
