// Where wgmma's operands lie in shared memory: boxes of 128-byte (or 64-byte) rows, as the bulk
// tensor copy leaves them, swizzled over a row.
#pragma once

#include <cstdint>

namespace clipbench::kernels::hopper {

/// Which index of both operands is contiguous: the one summed over, or the output's row or column.
enum class Major { k = 0, mn = 1 };

/// Address of an operand in shared memory (1024-byte aligned box). k: rows of 64 k, groups of 8
/// rows 1024 bytes apart. mn: rows of 64 or 32 outputs, kRowBytes each, groups of 8 k behind each
/// other, the next outputs behind 64 k.
template <Major kMajor, int kRowBytes = 128>
__device__ __forceinline__ uint64_t operand(uint32_t address) {
  static_assert(kRowBytes == 128 || (kMajor == Major::mn && kRowBytes == 64));
  constexpr uint64_t kSwizzle = (kRowBytes == 128 ? 1ull : 2ull) << 62;
  constexpr uint64_t kLeading = kMajor == Major::mn ? 64 * kRowBytes / 16 : 1;
  return (address & 0x3ffff) >> 4 | kLeading << 16 | uint64_t{8 * kRowBytes / 16} << 32 | kSwizzle;
}

/// What operand() grows by from one step of 16 k to the next.
template <Major kMajor, int kRowBytes = 128>
constexpr uint64_t kOperandStep = kMajor == Major::mn ? 16 * kRowBytes / 16 : 32 / 16;

}  // namespace clipbench::kernels::hopper
