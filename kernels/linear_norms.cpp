#include "kernels/linear_norms.h"

#include <algorithm>

#include <ATen/ops/bmm.h>
#include <ATen/ops/stack.h>
#include <ATen/ops/zeros.h>

#include "kernels/layer_norm.h"
#include "kernels/linear_on_cpu.h"
#include "kernels/linear_on_cuda.h"
#include "kernels/wide.h"

namespace clipbench::kernels {
namespace {

/// x_I x_Jᵀ of rows from `row` and `column` on: [B, ≤ tile, ≤ tile].
at::Tensor gram_block(const at::Tensor& x, std::int64_t row, std::int64_t column) {
  const auto T = x.size(1);
  return bmm_wide(x.slice(1, row, std::min(T, row + kNormTile)),
                  x.slice(1, column, std::min(T, column + kNormTile)).transpose(1, 2));
}

at::Tensor gram_by_blocks(const at::Tensor& a, const at::Tensor& g) {
  auto out = at::zeros({a.size(0)}, a.options().dtype(at::kDouble));
  for (std::int64_t row = 0; row < a.size(1); row += kNormTile) {
    for (std::int64_t column = 0; column <= row; column += kNormTile) {
      auto product = gram_block(a, row, column).mul_(gram_block(g, row, column));
      const auto rows = product.sum(at::IntArrayRef{2});
      out.add_(rows.sum(at::IntArrayRef{1}, false, at::kDouble), row == column ? 1 : 2);
    }
  }
  return out;
}

}  // namespace

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

at::Tensor linear_sq_norms_width(const at::Tensor& a, const at::Tensor& g) {
  return linear_sq_norms_width(LinearOperands{a, g}).select(0, 0);
}

at::Tensor linear_sq_norms_width(at::ArrayRef<LinearOperands> layers) {
  if (cuda_takes(layers)) return cuda_width_sq_norms(layers);
  std::vector<at::Tensor> norms;
  for (const auto& layer : layers) {
    norms.push_back(cpu_takes(layer) ? cpu_width_sq_norms(layer)
                                     : linear_sq_norms_tiled(layer.a, layer.g));
  }
  return at::stack(norms);
}

at::Tensor linear_sq_norms_fused_gram(const at::Tensor& a, const at::Tensor& g) {
  return linear_sq_norms_fused_gram(LinearOperands{a, g}).select(0, 0);
}

GramNorms linear_norms_fused_gram(const at::Tensor& a, const at::Tensor& g) {
  if (cpu_takes({a, g})) return cpu_gram_norms({a, g});
  if (!cuda_takes_gram(LinearOperands{a, g})) return {gram_by_blocks(a, g), token_norms(a, g)};
  const auto norms = cuda_gram_norms(LinearOperands{a, g});  // [3,1,B]
  return {norms[0][0], {norms[1][0], norms[2][0]}};
}

at::Tensor linear_sq_norms_fused_gram(at::ArrayRef<LinearOperands> layers) {
  if (cuda_takes_gram(layers)) return cuda_gram_norms(layers)[0];
  std::vector<at::Tensor> norms;
  for (const auto& layer : layers) {
    norms.push_back(cpu_takes(layer) ? cpu_gram_norms(layer).sq_norms
                                     : gram_by_blocks(layer.a, layer.g));
  }
  return at::stack(norms);
}

StoredGradients linear_stored_gradients(const at::Tensor& a, const at::Tensor& g) {
  return linear_stored_gradients(LinearOperands{a, g}).front();
}

std::vector<StoredGradients> linear_stored_gradients(at::ArrayRef<LinearOperands> layers) {
  if (cuda_takes(layers)) return cuda_stored_gradients(layers);
  std::vector<StoredGradients> out;
  for (const auto& [a, g] : layers) {
    if (cpu_takes({a, g})) {
      out.push_back(cpu_stored_gradients({a, g}));
      continue;
    }
    auto gradients = at::bmm(g.transpose(1, 2), a);  // [B,d,p]
    auto sq_norms = sq_norm_each(gradients);
    out.push_back({std::move(gradients), std::move(sq_norms)});
  }
  return out;
}

at::Tensor bias_sq_norms(const at::Tensor& g) { return token_sums(g).sq_norms; }

}  // namespace clipbench::kernels
