// Clipped sum of a linear layer's weight gradient, from the kept activations and output gradients.
#pragma once

#include <ATen/core/Tensor.h>

#include "kernels/factors.h"
#include "kernels/linear_norms.h"
#include "kernels/noise.h"

namespace clipbench::kernels {

/// sum [rows,p] += Σ_b factors[b] · g_b[:, first_row : first_row + rows]ᵀ a_b.
///   a        [B,T,p]   activations
///   g        [B,T,d]   output gradients, not changed; where they are narrow they are never scaled:
///                      factors multiply the products' accumulators, on a CPU the widened g
///   factors  B values; a sample with factor 0 is not read, so its NaN stays its own
///   sum      wide_dtype, holds the noise or zeros before
/// FLOPs 2BT·rows·p. A kernel for bf16 or f16 on a GPU, scratch at most 256 KiB a multiprocessor
/// and what cuda_takes says of copies; on a CPU see kernels/linear_on_cpu.h. Else, wide operands:
/// one product over all samples, scratch 64 MiB of scaled rows; narrow ones: a product a sample.
void linear_clipped_sum_(at::Tensor& sum, const at::Tensor& a, const at::Tensor& g,
                         const Factors& factors, std::int64_t first_row);

/// The same for several layers of the same B and T, all rows of each: sums[i] [d,p].
void linear_clipped_sums_(at::ArrayRef<at::Tensor> sums, at::ArrayRef<LinearOperands> layers,
                          const Factors& factors);

/// A clipped sum that is released as it forms.
struct ReleasedProduct {
  at::Tensor
      out;  ///< [d,p] f32 or the operands' dtype, contiguous, what it held before is not read
  LinearOperands layer;  ///< bf16 or f16
  std::uint64_t noise_stream;
};

/// Whether there is a kernel for it: on Hopper, for layers that cuda_takes and an out like this.
bool linear_releases(const at::Tensor& out, const LinearOperands& layer);

/// Every out = Σ_b factors[b] · g_bᵀ a_b + noise, rounded once, layers of the same B and T, outs of
/// one dtype. No f32 sum is ever in memory. Launches, FLOPs and scratch as above; noise.stream and
/// noise.first are not read.
void linear_released_sums_(at::ArrayRef<ReleasedProduct> products, const Factors& factors,
                           const Noise& noise);

}  // namespace clipbench::kernels
