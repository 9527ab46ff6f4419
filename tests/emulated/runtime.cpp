// CUDA's runtime and driver, as far as the launchers call them, of an emulated GPU.
#include <cuda.h>
#include <cuda_runtime_api.h>

#include <cstring>

#include "gpu.h"
#include "tensor_map.h"

namespace {

emulated::MapType type_of(CUtensorMapDataType type) {
  switch (type) {
    case CU_TENSOR_MAP_DATA_TYPE_BFLOAT16:
      return emulated::MapType::bf16;
    case CU_TENSOR_MAP_DATA_TYPE_FLOAT16:
      return emulated::MapType::f16;
    case CU_TENSOR_MAP_DATA_TYPE_FLOAT32:
      return emulated::MapType::f32;
    default:
      return emulated::MapType::tf32;
  }
}

bool multiple_of(std::uint64_t n, std::uint64_t of) { return n % of == 0; }

/// Refuses what the driver refuses of maps like ours.
CUresult encode(CUtensorMap* to, CUtensorMapDataType type, cuuint32_t rank, void* base,
                const cuuint64_t* extents, const cuuint64_t* strides, const cuuint32_t* box,
                const cuuint32_t*, CUtensorMapInterleave, CUtensorMapSwizzle swizzle,
                CUtensorMapL2promotion, CUtensorMapFloatOOBfill) {
  emulated::TensorMap map{.base = static_cast<std::uint8_t*>(base),
                          .extents = {extents[0], extents[1], extents[2]},
                          .strides = {strides[0], strides[1]},
                          .box = {box[0], box[1], box[2]},
                          .type = type_of(type),
                          .row_bytes = swizzle == CU_TENSOR_MAP_SWIZZLE_64B ? 64u : 128u};
  const bool fits = rank == 3 && multiple_of(reinterpret_cast<std::uintptr_t>(base), 16) &&
                    multiple_of(strides[0], 16) && multiple_of(strides[1], 16) && extents[0] > 0 &&
                    extents[1] > 0 && extents[2] > 0 && box[0] <= 256 && box[1] <= 256 &&
                    box[2] == 1 && box[0] * map.element_bytes() == map.row_bytes;
  if (!fits) return CUDA_ERROR_INVALID_VALUE;
  static_assert(sizeof(map) <= sizeof(*to));
  std::memcpy(to, &map, sizeof(map));
  return CUDA_SUCCESS;
}

}  // namespace

extern "C" {

cudaError_t cudaGetDriverEntryPointByVersion(const char*, void** function, unsigned,
                                             unsigned long long,
                                             cudaDriverEntryPointQueryResult* found) {
  *function = reinterpret_cast<void*>(&encode);
  *found = cudaDriverEntryPointSuccess;
  return cudaSuccess;
}

const char* cudaGetErrorString(cudaError_t) { return "an error"; }

/// Every number of multiprocessors is a device of its own: launchers remember what fits a device.
cudaError_t cudaGetDevice(int* device) {
  *device = emulated::settings().multiprocessors;
  return cudaSuccess;
}

cudaError_t cudaDeviceGetAttribute(int* value, cudaDeviceAttr attribute, int) {
  *value = attribute == cudaDevAttrMultiProcessorCount ? emulated::settings().multiprocessors : 9;
  return cudaSuccess;
}

cudaError_t cudaMemsetAsync(void* to, int value, size_t bytes, cudaStream_t) {
  std::memset(to, value, bytes);
  return cudaSuccess;
}
}
