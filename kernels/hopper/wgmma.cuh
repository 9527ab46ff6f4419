// wgmma: a warpgroup multiplies 64×16 by 16×N bf16 or f16 operands (64×8 by 8×N TF32) that lie in
// shared memory (operands.cuh) and adds into f32 accumulators in registers.
//
// Accumulators of a thread: element 4j + 2h + e is row 16·warp + lane/4 + 8h, column 8j +
// 2·(lane%4) + e.
#pragma once

#include <cuda_fp16.h>

#include <cstdint>
#include <type_traits>

#include "kernels/hopper/operands.cuh"

namespace clipbench::kernels::hopper {

__device__ __forceinline__ void wgmma_begin() {
  asm volatile("wgmma.fence.sync.aligned;" ::: "memory");
}

__device__ __forceinline__ void wgmma_commit() {
  asm volatile("wgmma.commit_group.sync.aligned;" ::: "memory");
}

/// Until at most kPending committed groups are unfinished.
template <int kPending>
__device__ __forceinline__ void wgmma_wait() {
  asm volatile("wgmma.wait_group.sync.aligned %0;" ::"n"(kPending) : "memory");
}

/// Keeps the compiler from moving accumulators, which would make it serialise the products.
template <int N>
__device__ __forceinline__ void pin(float (&acc)[N]) {
#pragma unroll
  for (int i = 0; i < N; ++i) asm volatile("" : "+f"(acc[i])::"memory");
}

// clang-format off
#define ACC8(i) "+f"(acc[i]), "+f"(acc[i + 1]), "+f"(acc[i + 2]), "+f"(acc[i + 3]), \
                "+f"(acc[i + 4]), "+f"(acc[i + 5]), "+f"(acc[i + 6]), "+f"(acc[i + 7])
#define ACC32 ACC8(0), ACC8(8), ACC8(16), ACC8(24)
#define ACC64 ACC32, ACC8(32), ACC8(40), ACC8(48), ACC8(56)
#define ACC80 ACC64, ACC8(64), ACC8(72)
#define ACC96 ACC80, ACC8(80), ACC8(88)
#define ACC128 ACC96, ACC8(96), ACC8(104), ACC8(112), ACC8(120)
#define NAMES32                                                                                    \
  "%0, %1, %2, %3, %4, %5, %6, %7, %8, %9, %10, %11, %12, %13, %14, %15, %16, %17, %18, "          \
  "%19, %20, %21, %22, %23, %24, %25, %26, %27, %28, %29, %30, %31"
#define NAMES64 NAMES32 ", "                                                                       \
  "%32, %33, %34, %35, %36, %37, %38, %39, %40, %41, %42, %43, %44, %45, %46, %47, %48, "          \
  "%49, %50, %51, %52, %53, %54, %55, %56, %57, %58, %59, %60, %61, %62, %63"
#define NAMES80 NAMES64 ", "                                                                       \
  "%64, %65, %66, %67, %68, %69, %70, %71, %72, %73, %74, %75, %76, %77, %78, %79"
#define NAMES96 NAMES80 ", "                                                                       \
  "%80, %81, %82, %83, %84, %85, %86, %87, %88, %89, %90, %91, %92, %93, %94, %95"
#define NAMES128 NAMES96 ", "                                                                      \
  "%96, %97, %98, %99, %100, %101, %102, %103, %104, %105, %106, %107, %108, %109, %110, "         \
  "%111, %112, %113, %114, %115, %116, %117, %118, %119, %120, %121, %122, %123, %124, "           \
  "%125, %126, %127"

// Operands of the assembly are numbered: accumulators, a, b, keep, major.
#define MULTIPLY(count, kind, a_at, b_at, keep_at, majors)                                         \
  asm volatile("{\n.reg .pred keep;\nsetp.ne.b32 keep, %" #keep_at ", 0;\n"                        \
               "wgmma.mma_async.sync.aligned.m64n" kind " {" NAMES##count "}, "                    \
               "%" #a_at ", %" #b_at ", keep, 1, 1" majors ";\n}"                                  \
               : ACC##count                                                                        \
               : "l"(a), "l"(b), "r"(keep), "n"(static_cast<int>(kMajor)))

#define MULTIPLY_STEP(count, columns, a_at, b_at, keep_at, major_at)                               \
  template <class In, Major kMajor>                                                                \
  __device__ __forceinline__ void multiply_step(float(&acc)[count], uint64_t a, uint64_t b,        \
                                                int keep) {                                        \
    if constexpr (std::is_same_v<In, float>) {                                                     \
      static_assert(kMajor == Major::k);                                                           \
      MULTIPLY(count, #columns "k8.f32.tf32.tf32", a_at, b_at, keep_at, "");                       \
    } else if constexpr (std::is_same_v<In, __half>) {                                             \
      MULTIPLY(count, #columns "k16.f32.f16.f16", a_at, b_at, keep_at,                             \
               ", %" #major_at ", %" #major_at);                                                   \
    } else {                                                                                       \
      MULTIPLY(count, #columns "k16.f32.bf16.bf16", a_at, b_at, keep_at,                           \
               ", %" #major_at ", %" #major_at);                                                   \
    }                                                                                              \
  }

/// acc (+)= a · b over 32 bytes of k: 16 bf16 or f16, 8 f32 rounded to TF32, which are k-major
/// only. The old accumulators are dropped where `keep` is 0. An overload a width.
MULTIPLY_STEP(32, 64, 32, 33, 34, 35)
MULTIPLY_STEP(64, 128, 64, 65, 66, 67)
MULTIPLY_STEP(80, 160, 80, 81, 82, 83)
MULTIPLY_STEP(96, 192, 96, 97, 98, 99)
MULTIPLY_STEP(128, 256, 128, 129, 130, 131)

#undef MULTIPLY_STEP
#undef MULTIPLY
#undef NAMES128
#undef NAMES96
#undef NAMES80
#undef NAMES64
#undef NAMES32
#undef ACC128
#undef ACC96
#undef ACC80
#undef ACC64
#undef ACC32
#undef ACC8
// clang-format on

}  // namespace clipbench::kernels::hopper
