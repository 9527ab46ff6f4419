// In place of kernels/ampere/mma.cuh: the same functions, of an emulated GPU.
#pragma once

#include <bit>
#include <cstdint>
#include <type_traits>

#include "gpu.h"
#include "kernels/cuda/block.cuh"
#include "kernels/cuda/elements.cuh"

namespace clipbench::kernels::ampere {

using cuda::shared_address, cuda::warp_sum;
using emulated::commit_copies, emulated::copy_16_bytes;

inline char* dynamic_shared() { return reinterpret_cast<char*>(emulated::dynamic_shared()); }

template <int kGroups>
void wait_copies() {
  emulated::wait_copies(kGroups);
}

template <bool kTransposed>
void load_matrices(uint32_t (&to)[4], uint32_t from) {
  emulated::load_matrices(to, kTransposed, from);
}

template <class In>
void multiply(float (&acc)[4], const uint32_t (&rows)[4], uint32_t low, uint32_t high) {
  constexpr auto kOperands = std::is_same_v<In, float>       ? emulated::Operands::tf32
                             : std::is_same_v<In, cuda::f16> ? emulated::Operands::f16
                                                             : emulated::Operands::bf16;
  emulated::multiply_fragments({kOperands, acc, rows, {low, high}});
}

inline uint32_t rounded_to_tf32(uint32_t bits) {
  return std::bit_cast<uint32_t>(emulated::rounded_to_tf32(std::bit_cast<float>(bits)));
}

}  // namespace clipbench::kernels::ampere
