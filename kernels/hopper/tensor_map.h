// Descriptions of tensors in device memory for the bulk copy engine.
#pragma once

#include <cuda.h>

#include <array>
#include <cstdint>

namespace clipbench::kernels::hopper {

/// tf32: f32 in memory, rounded to TF32 on its way to shared memory.
enum class Element { bf16, f16, f32, tf32 };

int bytes_of(Element);

/// Extents, byte strides and box of a tensor, innermost dimension first.
/// strides[i] belongs to dimension i + 1 (multiples of 16), the base lies on 16 bytes. The inner
/// side of the box is 128 or 64 bytes, swizzled over as many.
struct TensorShape {
  Element element;
  std::array<std::uint64_t, 3> extents;
  std::array<std::uint64_t, 2> strides;
  std::array<std::uint32_t, 3> box;
};

/// Throws std::runtime_error with the driver's error number where the driver refuses the shape.
CUtensorMap make_tensor_map(const void* base, const TensorShape& shape);

/// [B,T,columns], rows `pitch` elements apart, in boxes of 128 bytes × `box_rows` tokens.
TensorShape token_rows(Element element, int samples, int tokens, std::int64_t columns,
                       std::int64_t pitch, std::uint32_t box_rows);

}  // namespace clipbench::kernels::hopper
