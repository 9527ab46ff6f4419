// How many blocks the memory-bound kernels launch.
#pragma once

#include <algorithm>
#include <cstdint>

#include "kernels/cuda/device.h"

namespace clipbench::kernels::cuda {

/// Enough blocks to fill the current device several times over, at most one a `per_block` elements.
inline unsigned blocks_for(std::int64_t elements, std::int64_t per_block, int per_multiprocessor) {
  const std::int64_t wanted = (elements + per_block - 1) / per_block;
  return static_cast<unsigned>(
      std::clamp<std::int64_t>(wanted, 1, std::int64_t{multiprocessors()} * per_multiprocessor));
}

inline bool on_16_bytes(const void* p) { return reinterpret_cast<std::uintptr_t>(p) % 16 == 0; }

}  // namespace clipbench::kernels::cuda
