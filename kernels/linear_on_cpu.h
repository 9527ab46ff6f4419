// The kernels of kernels/cpu on tensors. Callers ask cpu_takes first.
#pragma once

#include <ATen/core/Tensor.h>

#include "kernels/factors.h"
#include "kernels/linear_norms.h"

namespace clipbench::kernels {

/// f32, bf16, f16 or f64 on the CPU, all operands alike, columns next to each other, nothing empty.
bool cpu_takes(const LinearOperands& layer);
/// And whether `sum` is contiguous in wide_dtype.
bool cpu_takes(const LinearOperands& layer, const at::Tensor& sum);

// Scratch below: a thread's packed operands, at most 512 KiB or 44 columns of T tokens.
GramNorms cpu_gram_norms(const LinearOperands& layer);
at::Tensor cpu_width_sq_norms(const LinearOperands& layer);  ///< [B] f64
StoredGradients cpu_stored_gradients(const LinearOperands& layer);
/// factors [B]; sum [rows,p] takes rows first_row … of d.
void cpu_clipped_sum_(at::Tensor& sum, const LinearOperands& layer, const at::Tensor& factors,
                      std::int64_t first_row);

}  // namespace clipbench::kernels
