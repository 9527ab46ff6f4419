// CUDA errors as exceptions, for sources without LibTorch.
#pragma once

#include <cuda_runtime_api.h>

#include <stdexcept>
#include <string>

namespace clipbench::kernels {

/// Throws std::runtime_error "WHAT: the runtime's words".
inline void cuda_check(cudaError_t status, const char* what) {
  if (status != cudaSuccess) {
    throw std::runtime_error(std::string(what) + ": " + cudaGetErrorString(status));
  }
}

}  // namespace clipbench::kernels
