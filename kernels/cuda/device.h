// What the driver says of devices.
#pragma once

#include "kernels/cuda/cuda_check.h"

namespace clipbench::kernels::cuda {

inline int current_device() {
  int device = 0;
  cuda_check(cudaGetDevice(&device), "current device");
  return device;
}

inline int attribute_of(int device, cudaDeviceAttr attribute, const char* what) {
  int value = 0;
  cuda_check(cudaDeviceGetAttribute(&value, attribute, device), what);
  return value;
}

/// Of the current device.
inline int multiprocessors() {
  return attribute_of(current_device(), cudaDevAttrMultiProcessorCount, "multiprocessors");
}

/// 8 of compute capability 8.6.
inline int compute_capability_major(int device) {
  return attribute_of(device, cudaDevAttrComputeCapabilityMajor, "compute capability");
}

}  // namespace clipbench::kernels::cuda
