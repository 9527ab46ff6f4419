#include "kernels/hopper/tensor_map.h"

#include <cuda_runtime_api.h>

#include <stdexcept>
#include <string>

namespace clipbench::kernels::hopper {
namespace {

using Encode = decltype(&cuTensorMapEncodeTiled);

// Asked for at run time: the driver's library is not linked, so that programs start without a GPU.
Encode find_encode() {
  void* function = nullptr;
  cudaDriverEntryPointQueryResult found{};
  const auto status = cudaGetDriverEntryPointByVersion("cuTensorMapEncodeTiled", &function, 12000,
                                                       cudaEnableDefault, &found);
  if (status != cudaSuccess || found != cudaDriverEntryPointSuccess) {
    throw std::runtime_error("the CUDA driver has no cuTensorMapEncodeTiled; 12.0 or newer needed");
  }
  return reinterpret_cast<Encode>(function);
}

CUtensorMapDataType type_of(Element element) {
  switch (element) {
    case Element::bf16:
      return CU_TENSOR_MAP_DATA_TYPE_BFLOAT16;
    case Element::f16:
      return CU_TENSOR_MAP_DATA_TYPE_FLOAT16;
    case Element::f32:
      return CU_TENSOR_MAP_DATA_TYPE_FLOAT32;
    default:
      return CU_TENSOR_MAP_DATA_TYPE_TFLOAT32;
  }
}

}  // namespace

int bytes_of(Element element) {
  return element == Element::bf16 || element == Element::f16 ? 2 : 4;
}

CUtensorMap make_tensor_map(const void* base, const TensorShape& shape) {
  static const Encode encode = find_encode();
  constexpr std::array<std::uint32_t, 3> kEveryElement{1, 1, 1};
  const auto type = type_of(shape.element);
  CUtensorMap map;
  const auto inner_bytes = shape.box[0] * static_cast<unsigned>(bytes_of(shape.element));
  const auto swizzle = inner_bytes == 64 ? CU_TENSOR_MAP_SWIZZLE_64B : CU_TENSOR_MAP_SWIZZLE_128B;
  const auto result =
      encode(&map, type, 3, const_cast<void*>(base), shape.extents.data(), shape.strides.data(),
             shape.box.data(), kEveryElement.data(), CU_TENSOR_MAP_INTERLEAVE_NONE, swizzle,
             CU_TENSOR_MAP_L2_PROMOTION_L2_128B, CU_TENSOR_MAP_FLOAT_OOB_FILL_NONE);
  if (result != CUDA_SUCCESS) {
    throw std::runtime_error("cuTensorMapEncodeTiled: CUDA error " + std::to_string(result));
  }
  return map;
}

TensorShape token_rows(Element element, int samples, int tokens, std::int64_t columns,
                       std::int64_t pitch, std::uint32_t box_rows) {
  const auto n = static_cast<std::uint64_t>(columns), T = static_cast<std::uint64_t>(tokens);
  const auto element_bytes = static_cast<std::uint32_t>(bytes_of(element));
  const auto row_bytes = element_bytes * static_cast<std::uint64_t>(pitch);
  return {.element = element,
          .extents = {n, T, static_cast<std::uint64_t>(samples)},
          .strides = {row_bytes, row_bytes * T},
          .box = {128 / element_bytes, box_rows, 1}};
}

}  // namespace clipbench::kernels::hopper
