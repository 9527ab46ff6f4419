#include "kernels/token_norms.h"

#include <ATen/ops/empty.h>
#include <c10/cuda/CUDAGuard.h>
#include <c10/cuda/CUDAStream.h>

#include "kernels/cuda/token_norms.h"
#include "kernels/norm_guard.h"
#include "kernels/on_cuda.h"

namespace clipbench::kernels {
namespace {

/// Columns next to each other, rows an even step apart.
bool is_taken(const at::Tensor& t) {
  return t.is_cuda() && t.dim() == 3 && t.numel() > 0 && cuda_element(t) &&
         (t.stride(2) == 1 || t.size(2) == 1) &&
         (t.stride(0) == t.size(1) * t.stride(1) || t.size(0) == 1);
}

cuda::TokenPairs pairs_of(const at::Tensor* a, const at::Tensor& g) {
  return {.a = a ? a->const_data_ptr() : nullptr,
          .g = g.const_data_ptr(),
          .type = *cuda_element(g),
          .samples = static_cast<int>(g.size(0)),
          .tokens = static_cast<int>(g.size(1)),
          .p = a ? static_cast<int>(a->size(2)) : 0,
          .d = static_cast<int>(g.size(2)),
          .a_pitch = a ? a->stride(1) : 0,
          .g_pitch = g.stride(1)};
}

/// [2,B] f32: products, gradients.
at::Tensor norms_on_cuda(const at::Tensor* a, const at::Tensor& g) {
  const c10::cuda::CUDAGuard guard(g.device());
  const auto pairs = pairs_of(a, g);
  const auto partials =
      at::empty({2, g.size(0), cuda::token_norm_partials(pairs)}, g.options().dtype(at::kFloat));
  cuda::token_norms(pairs, partials.mutable_data_ptr<float>(), c10::cuda::getCurrentCUDAStream());
  return partials.sum(2);
}

}  // namespace

TokenNorms token_norms(const at::Tensor& a, const at::Tensor& g) {
  if (is_taken(a) && is_taken(g) && a.device() == g.device() &&
      a.scalar_type() == g.scalar_type()) {
    const auto norms = norms_on_cuda(&a, g);
    return {norms[0], norms[1]};
  }
  const auto of_g = row_norms(g);  // [B,T]
  return {row_norms(a).mul(of_g).sum(1), of_g.sum(1)};
}

at::Tensor sum_of_row_norms(const at::Tensor& g) {
  if (is_taken(g)) return norms_on_cuda(nullptr, g)[1];
  return row_norms(g).sum(1);
}

}  // namespace clipbench::kernels
