// Matrix products with low-precision operands and results in the accumulator's precision: what is
// summed or squared afterwards was never rounded to bf16 in between.
#pragma once

#include <ATen/core/Tensor.h>

namespace clipbench::kernels {

/// f64 for f64 operands, f32 for all others: the dtype of norms, factors and clipped sums.
at::ScalarType wide_dtype(at::ScalarType);
at::Tensor to_wide(const at::Tensor&);

/// a [N,m,k] · b [N,k,n] → [N,m,n] in wide_dtype. f32 operands follow the process's TF32 setting.
at::Tensor bmm_wide(const at::Tensor& a, const at::Tensor& b);

/// sum [m,n] += alpha · a [m,k] · b [k,n]; `sum` in wide_dtype.
void addmm_wide_(at::Tensor& sum, const at::Tensor& a, const at::Tensor& b, double alpha);

/// Squared Frobenius norm of each of the N matrices or tensors x [N,…] → [N] in f64; rows are
/// squared and summed in wide_dtype.
at::Tensor sq_norm_each(const at::Tensor& x);

}  // namespace clipbench::kernels
