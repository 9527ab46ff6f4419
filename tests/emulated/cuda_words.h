// Included before everything else in sources that nvcc compiles elsewhere: what CUDA C++ has and
// C++ has not, of an emulated GPU.
#pragma once

#include <cuda_runtime.h>

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstring>
#include <type_traits>

#include "gpu.h"

#undef __shared__
#undef __launch_bounds__
#define __shared__ static  // of blocks that run one by one; others have emulated::dynamic_shared()
#define __launch_bounds__(...)

#define threadIdx (emulated::thread_index())
#define blockIdx (emulated::block_index())

inline const emulated::Index& blockDim = emulated::block_size();  // no macros: members are named so
inline const emulated::Index& gridDim = emulated::grid_size();

using std::max, std::min;

inline std::size_t __cvta_generic_to_shared(const void* p) { return emulated::address_of(p); }
inline void __syncthreads() { emulated::block_barrier(0, -1); }
inline void __threadfence() {}
inline void cudaTriggerProgrammaticLaunchCompletion() {}
inline void cudaGridDependencySynchronize() { emulated::await_launches_before(); }

template <class T>
T __shfl_sync(unsigned, T value, int from) {
  static_assert(sizeof(T) <= 8);
  std::uint64_t bits = 0;
  std::memcpy(&bits, &value, sizeof(T));
  bits = emulated::exchange(bits, from);
  std::memcpy(&value, &bits, sizeof(T));
  return value;
}
template <class T>
T __shfl_xor_sync(unsigned mask, T value, int lanes) {
  return __shfl_sync(mask, value, static_cast<int>(threadIdx.x % 32) ^ lanes);
}
inline unsigned __ballot_sync(unsigned, bool yes) { return emulated::vote(yes); }

template <class T>
T __ldg(const T* from) {
  emulated::touch_memory(from, sizeof(T));
  return *from;
}
template <class T>
T __ldcg(const T* from) {
  emulated::touch_memory(from, sizeof(T));
  return *from;
}
template <class T>
T __ldcs(const T* from) {
  emulated::touch_memory(from, sizeof(T));
  return *from;
}
template <class T>
void __stcg(T* to, T value) {
  emulated::touch_memory(to, sizeof(T));
  *to = value;
}
template <class T>
void __stcs(T* to, T value) {
  emulated::touch_memory(to, sizeof(T));
  *to = value;
}

inline unsigned __umulhi(unsigned x, unsigned y) {
  return static_cast<unsigned>(std::uint64_t{x} * y >> 32);
}
inline unsigned __funnelshift_r(unsigned low, unsigned high, unsigned bits) {
  return static_cast<unsigned>((std::uint64_t{high} << 32 | low) >> bits % 32);
}
inline void __sincosf(float x, float* sine, float* cosine) {
  *sine = std::sin(x);
  *cosine = std::cos(x);
}

#define cudaLaunchKernelEx emulated_launch  // the runtime has templates of the same names
#define cudaFuncSetAttribute emulated_set_attribute
#define cudaOccupancyMaxActiveClusters emulated_active_clusters

template <class... Parameters, class... Arguments>
cudaError_t emulated_launch(const cudaLaunchConfig_t* config, void (*kernel)(Parameters...),
                            const Arguments&... arguments) {
  emulated::Launch launch{.grid = {config->gridDim.x, config->gridDim.y, config->gridDim.z},
                          .block = {config->blockDim.x, 1, 1}};
  for (unsigned i = 0; i < config->numAttrs; ++i) {
    const auto& attribute = config->attrs[i];
    if (attribute.id == cudaLaunchAttributeClusterDimension) {
      launch.blocks_of_cluster = attribute.val.clusterDim.x;
    } else if (attribute.id == cudaLaunchAttributeProgrammaticStreamSerialization) {
      launch.early = true;
    }
  }
  if (launch.grid.x == 0 || launch.grid.y == 0 || launch.grid.z == 0) {
    return cudaErrorInvalidConfiguration;
  }
  emulated::run(launch, [&] { kernel(arguments...); });
  return cudaSuccess;
}

template <class... Parameters>
cudaError_t emulated_set_attribute(void (*)(Parameters...), cudaFuncAttribute, int) {
  return cudaSuccess;
}
template <class... Parameters>
cudaError_t emulated_active_clusters(int* count, void (*)(Parameters...),
                                     const cudaLaunchConfig_t* config) {
  const auto blocks = static_cast<int>(config->attrs[0].val.clusterDim.x);
  *count = emulated::settings().multiprocessors / blocks;
  return cudaSuccess;
}
