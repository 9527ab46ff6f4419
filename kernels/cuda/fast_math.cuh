// Approximate functions by one instruction each.
#pragma once

namespace clipbench::kernels::cuda {

/// __logf and rsqrtf of normal numbers, without their care for others.
__device__ inline float fast_log(float x) {
  float log2;
  asm("lg2.approx.ftz.f32 %0, %1;" : "=f"(log2) : "f"(x));
  return log2 * 0.693147181f;
}
__device__ inline float fast_rsqrt(float x) {
  float root;
  asm("rsqrt.approx.ftz.f32 %0, %1;" : "=f"(root) : "f"(x));
  return root;
}

}  // namespace clipbench::kernels::cuda
