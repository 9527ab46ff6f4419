// The PTX of sm_80 that the matrix kernels are made of: copies to shared memory that don't wait,
// loads of 8 × 8 matrices into fragments, products of fragments; and where shared memory lies,
// whose addresses are 32-bit.
#pragma once

#include <cstdint>

#include "kernels/cuda/block.cuh"
#include "kernels/cuda/elements.cuh"

namespace clipbench::kernels::ampere {

using cuda::shared_address, cuda::warp_sum;

/// The block's dynamic shared memory, on 128 bytes.
__device__ __forceinline__ char* dynamic_shared() {
  extern __shared__ __align__(128) char dynamic_shared_memory[];
  return dynamic_shared_memory;
}

/// 16 bytes to shared memory, the first `valid` of them from `from`, zeros behind.
__device__ __forceinline__ void copy_16_bytes(uint32_t to, const void* from, int valid) {
  asm volatile("cp.async.cg.shared.global [%0], [%1], 16, %2;" ::"r"(to), "l"(from), "r"(valid)
               : "memory");
}

__device__ __forceinline__ void commit_copies() { asm volatile("cp.async.commit_group;" ::); }

/// Until at most kGroups of this thread's groups of copies are under way.
template <int kGroups>
__device__ __forceinline__ void wait_copies() {
  asm volatile("cp.async.wait_group %0;" ::"n"(kGroups) : "memory");
}

/// Four 8 × 8 matrices of 16-bit elements, lane i giving the address of row i % 8 of matrix i / 8;
/// of 32-bit elements they are 8 × 4.
template <bool kTransposed>
__device__ __forceinline__ void load_matrices(uint32_t (&to)[4], uint32_t from) {
  if constexpr (kTransposed) {
    asm volatile("ldmatrix.sync.aligned.m8n8.x4.trans.shared.b16 {%0, %1, %2, %3}, [%4];"
                 : "=r"(to[0]), "=r"(to[1]), "=r"(to[2]), "=r"(to[3])
                 : "r"(from)
                 : "memory");
  } else {
    asm volatile("ldmatrix.sync.aligned.m8n8.x4.shared.b16 {%0, %1, %2, %3}, [%4];"
                 : "=r"(to[0]), "=r"(to[1]), "=r"(to[2]), "=r"(to[3])
                 : "r"(from)
                 : "memory");
  }
}

/// acc [16,8] += rows [16,k] · columns [k,8], k being 32 bytes of elements: 16 of bf16 or f16, 8 of
/// f32, which are multiplied as TF32.
template <class In>
__device__ __forceinline__ void multiply(float (&acc)[4], const uint32_t (&rows)[4], uint32_t low,
                                         uint32_t high) {
#define CLIPBENCH_MMA(shape_and_types)                                            \
  asm volatile("mma.sync.aligned." shape_and_types                                \
               " {%0, %1, %2, %3}, {%4, %5, %6, %7}, {%8, %9}, {%0, %1, %2, %3};" \
               : "+f"(acc[0]), "+f"(acc[1]), "+f"(acc[2]), "+f"(acc[3])           \
               : "r"(rows[0]), "r"(rows[1]), "r"(rows[2]), "r"(rows[3]), "r"(low), "r"(high))
  if constexpr (std::is_same_v<In, cuda::bf16>) {
    CLIPBENCH_MMA("m16n8k16.row.col.f32.bf16.bf16.f32");
  } else if constexpr (std::is_same_v<In, cuda::f16>) {
    CLIPBENCH_MMA("m16n8k16.row.col.f32.f16.f16.f32");
  } else {
    CLIPBENCH_MMA("m16n8k8.row.col.f32.tf32.tf32.f32");
  }
#undef CLIPBENCH_MMA
}

/// f32 bits to the nearest TF32; the product itself would cut them off.
__device__ __forceinline__ uint32_t rounded_to_tf32(uint32_t bits) {
  uint32_t rounded;
  asm("cvt.rna.tf32.f32 %0, %1;" : "=r"(rounded) : "r"(bits));
  return rounded;
}

}  // namespace clipbench::kernels::ampere
