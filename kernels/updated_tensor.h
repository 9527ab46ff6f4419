// What one optimizer step reads and writes of one parameter.
#pragma once

#include <cstdint>

namespace clipbench::kernels {

inline constexpr int kMaxStates = 2;

/// n elements. grad is the mean of clipped gradients, without noise or with; it isn't changed.
/// states: what the rule keeps, of the parameter's type. `copy`, if not null, receives the new
/// parameter in a narrow type (f32 parameters as masters).
struct UpdatedTensor {
  const void* grad;
  void* param;
  void* states[kMaxStates];
  void* copy;
  std::int64_t n;
  std::uint64_t noise_stream;  ///< see Noise
};

}  // namespace clipbench::kernels
