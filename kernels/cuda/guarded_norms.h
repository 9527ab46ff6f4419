// Sums of squared norms over the parts of a model, and what their guards make of them, in one
// launch.
#pragma once

#include <cuda_runtime_api.h>

#include <span>

namespace clipbench::kernels::cuda {

/// Which n_safe² follows from a part's n̂² and m; kernels/norm_guard.h has the reasons.
enum class Guard {
  gram,    ///< relative · (max(n̂², 0) + weight · m²)
  width,   ///< relative · (√n̂² + weight · m)²
  cross,   ///< n̂² + weight · m
  stored,  ///< relative · n̂²
};

/// f32|f64 [B] on the device.
struct SampleValues {
  const void* data = nullptr;
  bool wide = false;  ///< f64
};

struct GuardedPart {
  SampleValues sq, magnitude;
  double weight, relative;
  Guard guard;
};

/// sq, safe_sq [B] f64 = sums over parts, in f64 and in an order that the number of parts alone
/// decides. NaN stays NaN.
void guarded_norms(std::span<const GuardedPart> parts, int samples, double* sq, double* safe_sq,
                   cudaStream_t stream);

}  // namespace clipbench::kernels::cuda
