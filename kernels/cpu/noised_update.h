// Noise and one optimizer step of a tensor on a CPU, on all threads.
#pragma once

#include <c10/core/ScalarType.h>

#include "kernels/noise_key.h"
#include "kernels/optimizer_rules.h"
#include "kernels/updated_tensor.h"

namespace clipbench::kernels::cpu {

/// f32, bf16 or f16; states have the parameter's type.
struct UpdateTypes {
  at::ScalarType grad, param;
  at::ScalarType copy = at::kBFloat16;
};

/// Rule: one of optimizer_rules.h, applied to grad + noise, in f32 until values are stored. A piece
/// of noise is in memory at a time, not the parameter's.
template <class Rule>
void noised_update(const UpdatedTensor& tensor, const UpdateTypes& types, const Rule& rule,
                   const Noise& noise);

}  // namespace clipbench::kernels::cpu
