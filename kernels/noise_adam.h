// Noise and one Adam or AdamW step of all parameters in as few launches as possible; CUDA only.
#pragma once

#include <ATen/core/Tensor.h>

#include "kernels/cuda/noise_adam.h"
#include "kernels/noise.h"

namespace clipbench::kernels {

using AdamOptions = cuda::AdamOptions;

/// What one step reads and writes; lists of equal length.
///   grads          f32|bf16|f16, one dtype; means of clipped gradients; not changed
///   params         f32|bf16|f16, one dtype
///   first_moments, second_moments   the parameters' dtype
///   copies         bf16|f16, one dtype: copies of f32 parameters to refresh; or empty
struct AdamLists {
  at::ArrayRef<at::Tensor> grads, params, first_moments, second_moments, copies;
};

/// The same arithmetic as at::_fused_adam_ and at::_fused_adamw_ on grads + noise. Parameter k
/// draws from stream noise.stream + k; noise.first is not read.
void noise_adam_(const AdamLists& lists, const AdamOptions& options, const Noise& noise);

}  // namespace clipbench::kernels
