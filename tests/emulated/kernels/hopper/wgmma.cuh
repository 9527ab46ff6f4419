// In place of kernels/hopper/wgmma.cuh: the same functions, of an emulated GPU.
#pragma once

#include <cuda_fp16.h>

#include <type_traits>

#include "gpu.h"
#include "kernels/hopper/operands.cuh"

namespace clipbench::kernels::hopper {

inline void wgmma_begin() {}
inline void wgmma_commit() { emulated::commit_products(); }

template <int kPending>
void wgmma_wait() {
  emulated::wait_products(kPending);
}

template <int N>
void pin(float (&)[N]) {}

template <class In, Major kMajor, int N>
void multiply_step(float (&acc)[N], uint64_t a, uint64_t b, int keep) {
  static_assert(N == 32 || N == 64 || N == 80 || N == 96 || N == 128);
  static_assert(!std::is_same_v<In, float> || kMajor == Major::k);
  constexpr auto kOperands = std::is_same_v<In, float>    ? emulated::Operands::tf32
                             : std::is_same_v<In, __half> ? emulated::Operands::f16
                                                          : emulated::Operands::bf16;
  emulated::multiply({kOperands, kMajor == Major::k, a, b, keep != 0, acc, N});
}

}  // namespace clipbench::kernels::hopper
