// Noise and one optimizer step of many tensors in one launch.
#pragma once

#include <cuda_runtime_api.h>

#include <span>

#include "kernels/cuda/element_type.h"
#include "kernels/cuda/noise.h"
#include "kernels/optimizer_rules.h"
#include "kernels/updated_tensor.h"

namespace clipbench::kernels::cuda {

/// Of all tensors of a launch. States have the parameters' type.
struct UpdateTypes {
  Element grad, param;
  Element copy = Element::bf16;  ///< bf16 or f16
};

/// Rule: one of optimizer_rules.h, applied to grad + noise, in f32 until values are stored.
/// noise.stream and noise.first are not read: a tensor's stream is its own. Bytes a parameter, f32:
/// Adam 28, SGD 12, with momentum 20; 2 more with a copy; noise adds none.
template <class Rule>
void noised_update(std::span<const UpdatedTensor> tensors, UpdateTypes types, const Rule& rule,
                   const Noise& noise, cudaStream_t stream);

}  // namespace clipbench::kernels::cuda
