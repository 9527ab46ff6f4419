// Clipped sum of a linear layer's weight gradient, from the kept activations and output gradients.
#pragma once

#include <ATen/core/Tensor.h>

#include "kernels/factors.h"
#include "kernels/linear_norms.h"

namespace clipbench::kernels {

/// sum [rows,p] += Σ_b factors[b] · g_b[:, first_row : first_row + rows]ᵀ a_b.
///   a        [B,T,p]   activations
///   g        [B,T,d]   output gradients, not changed; where they are narrow they are never scaled:
///                      factors multiply the products' accumulators, on a CPU the widened g
///   factors  B values; a sample with factor 0 is not read, so its NaN stays its own
///   sum      wide_dtype, holds the noise or zeros before
/// FLOPs 2BT·rows·p. One launch for bf16 on Hopper, scratch at most 128 KiB a multiprocessor and
/// what hopper_takes says of copies; on a CPU see kernels/linear_on_cpu.h. Else, wide operands: one
/// product over all samples, scratch 64 MiB of scaled rows; narrow ones: a product a sample.
void linear_clipped_sum_(at::Tensor& sum, const at::Tensor& a, const at::Tensor& g,
                         const Factors& factors, std::int64_t first_row);

/// The same for several layers of the same B and T, all rows of each: sums[i] [d,p].
void linear_clipped_sums_(at::ArrayRef<at::Tensor> sums, at::ArrayRef<LinearOperands> layers,
                          const Factors& factors);

}  // namespace clipbench::kernels
