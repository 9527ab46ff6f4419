// Noise and one Adam or AdamW step of many tensors in one launch.
#pragma once

#include <cstdint>
#include <span>

#include "kernels/cuda/element_type.h"
#include "kernels/cuda/noise.h"

namespace clipbench::kernels::cuda {

/// One parameter of n elements. grad is the mean of clipped gradients, without noise or with; it
/// isn't changed. `copy`, if not null, receives the new parameter in a narrow type (f32
/// parameters as masters).
struct AdamTensor {
  const void* grad;
  void* param;
  void* first_moment;
  void* second_moment;
  void* copy;
  std::int64_t n;
  std::uint64_t noise_stream;  ///< see Noise
};

/// Of all tensors of a launch. Moments have the parameters' type.
struct AdamTypes {
  Element grad, param;
  Element copy = Element::bf16;  ///< bf16 or f16
};

struct AdamOptions {
  double learning_rate, beta1, beta2, eps, weight_decay;
  bool decoupled;     ///< AdamW: the decay is not part of the gradient
  std::int64_t step;  ///< from 1
};

/// g = grad + noise; m, v, param as torch's Adam and AdamW, in f32 until they are stored.
/// noise.stream and noise.first are not read: a tensor's stream is its own. Bytes a parameter, f32:
/// 28, 30 with copy; noise adds none.
void noise_adam(std::span<const AdamTensor> tensors, AdamTypes types, const AdamOptions& options,
                const Noise& noise, cudaStream_t stream);

}  // namespace clipbench::kernels::cuda
