// Noise and one optimizer step of all parameters, in as few launches as possible.
#pragma once

#include <ATen/core/Tensor.h>

#include "kernels/noise.h"
#include "kernels/optimizer_rules.h"

namespace clipbench::kernels {

/// What one step reads and writes; lists of equal length, contiguous tensors on one device.
///   grads          f32|bf16|f16, one dtype; means of clipped gradients; not changed
///   params         f32|bf16|f16, one dtype
///   first_moments, second_moments   the parameters' dtype
///   copies         bf16|f16, one dtype: copies of f32 parameters to refresh; or empty
struct AdamLists {
  at::ArrayRef<at::Tensor> grads, params, first_moments, second_moments, copies;
};

/// The same; momenta are read where options.momentum isn't 0, and may be empty where it is.
struct SgdLists {
  at::ArrayRef<at::Tensor> grads, params, momenta, copies;
};

/// torch's Adam (from step 1 on), AdamW and SGD on grads + noise; 1 − β is rounded once. Parameter
/// k draws from stream noise.stream + k; noise.first is not read.
void noise_adam_(const AdamLists& lists, const AdamOptions& options, const Noise& noise);
void noise_sgd_(const SgdLists& lists, const SgdOptions& options, const Noise& noise);

}  // namespace clipbench::kernels
