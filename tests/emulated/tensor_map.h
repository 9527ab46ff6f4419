// What cuTensorMapEncodeTiled's stand-in writes into a CUtensorMap.
#pragma once

#include <array>
#include <cstdint>

namespace emulated {

enum class MapType { bf16, f16, f32, tf32 };

struct TensorMap {
  std::uint8_t* base;
  std::array<std::uint64_t, 3> extents;
  std::array<std::uint64_t, 2> strides;
  std::array<std::uint32_t, 3> box;
  MapType type;
  std::uint32_t row_bytes;  // of the box: 128 or 64, swizzled over as many

  std::uint32_t element_bytes() const {
    return type == MapType::bf16 || type == MapType::f16 ? 2 : 4;
  }
};

/// Where byte `at` of shared memory lies once it is swizzled.
inline std::uint32_t swizzled(std::uint32_t at, std::uint32_t row_bytes) {
  return at ^ (at >> 7 & (row_bytes == 128 ? 7 : 3)) << 4;
}

}  // namespace emulated
