// Element types of the CPU's kernels. LibTorch's bf16 and f16 have the same bits.
#pragma once

#include <cstdint>
#include <cstring>
#include <type_traits>

namespace clipbench::kernels::cpu {

struct Bf16 {
  std::uint16_t bits;
};

struct F16 {
  std::uint16_t bits;
};

/// What products and sums of In are held in.
template <class In>
using Wide = std::conditional_t<std::is_same_v<In, double>, double, float>;

// One copy a source file: files are compiled for different instruction sets.
static inline float widened(float x) { return x; }
static inline double widened(double x) { return x; }
static inline float widened(Bf16 x) {
  const std::uint32_t bits = std::uint32_t{x.bits} << 16;
  float value;
  std::memcpy(&value, &bits, sizeof value);
  return value;
}
/// The bias of exponents grows by 112: a product, which makes subnormal numbers normal. Infinities
/// and NaNs keep theirs, all ones.
static inline float widened(F16 x) {
  const std::uint32_t magnitude = x.bits & 0x7fffu;
  const std::uint32_t special = magnitude >= 0x7c00u ? 0x7f800000u : 0u;
  std::uint32_t bits = magnitude << 13;
  float value;
  std::memcpy(&value, &bits, sizeof value);
  value *= 0x1p112f;
  std::memcpy(&bits, &value, sizeof value);
  bits |= special | (x.bits & 0x8000u) << 16;
  std::memcpy(&value, &bits, sizeof value);
  return value;
}

}  // namespace clipbench::kernels::cpu
