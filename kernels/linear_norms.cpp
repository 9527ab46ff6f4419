#include "kernels/linear_norms.h"

#include <algorithm>

#include <ATen/ops/bmm.h>
#include <ATen/ops/sum.h>
#include <ATen/ops/zeros.h>

#include "kernels/wide.h"

namespace clipbench::kernels {

at::Tensor linear_sq_norms_gram(const at::Tensor& a, const at::Tensor& g) {
  auto gram = bmm_wide(a, a.transpose(1, 2));  // [B,T,T]
  gram.mul_(bmm_wide(g, g.transpose(1, 2)));   // [B,T,T]
  return gram.sum(at::IntArrayRef{2}).sum(at::IntArrayRef{1}, false, at::kDouble);
}

at::Tensor linear_sq_norms_materialise(const at::Tensor& a, const at::Tensor& g) {
  return sq_norm_each(at::bmm(g.transpose(1, 2), a));  // [B,d,p]
}

at::Tensor linear_sq_norms_tiled(const at::Tensor& a, const at::Tensor& g) {
  const auto p = a.size(2), d = g.size(2);
  auto sq = at::zeros({a.size(0)}, a.options().dtype(at::kDouble));
  for (std::int64_t row = 0; row < d; row += kNormTile) {
    const auto g_rows =
        g.slice(2, row, std::min(d, row + kNormTile)).transpose(1, 2);  // [B,≤tile,T]
    for (std::int64_t column = 0; column < p; column += kNormTile) {
      const auto a_columns = a.slice(2, column, std::min(p, column + kNormTile));  // [B,T,≤tile]
      sq.add_(sq_norm_each(bmm_wide(g_rows, a_columns)));
    }
  }
  return sq;
}

at::Tensor bias_sq_norms(const at::Tensor& g) {
  const auto sums = g.sum(at::IntArrayRef{1}, false, wide_dtype(g.scalar_type()));  // [B,d]
  return sq_norm_each(sums);
}

}  // namespace clipbench::kernels
