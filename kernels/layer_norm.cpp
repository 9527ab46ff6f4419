#include "kernels/layer_norm.h"

#include <ATen/ops/empty.h>
#include <ATen/ops/sum.h>
#include <c10/cuda/CUDAGuard.h>
#include <c10/cuda/CUDAStream.h>

#include <cmath>

#include "kernels/cuda/token_sums.h"
#include "kernels/on_cuda.h"
#include "kernels/sample_sums.h"
#include "kernels/token_norms.h"
#include "kernels/wide.h"

namespace clipbench::kernels {
namespace {

bool is_taken(const at::Tensor& t, const at::Tensor& g) {
  return t.is_cuda() && t.device() == g.device() && cuda_element(t) &&
         t.scalar_type() == g.scalar_type() && t.sizes() == g.sizes() && t.is_contiguous() &&
         t.dim() == 3 && t.numel() > 0 && t.size(2) % 8 == 0 && on_16_bytes(t);
}

cuda::TokenRows rows_of(const at::Tensor& g) {
  return {.g = g.const_data_ptr(),
          .x = nullptr,
          .mean = nullptr,
          .rstd = nullptr,
          .type = *cuda_element(g),
          .samples = static_cast<int>(g.size(0)),
          .tokens = static_cast<int>(g.size(1)),
          .columns = static_cast<int>(g.size(2))};
}

float* floats_of(const at::Tensor& t) {
  return t.defined() ? t.mutable_data_ptr<float>() : nullptr;
}

/// The bias' sums if `plain`, the weight's if rows.x.
LayerNormGradients sum_on_cuda(const cuda::TokenRows& rows, const at::Tensor& g, bool plain,
                               bool magnitude) {
  const c10::cuda::CUDAGuard guard(g.device());
  const auto f32 = g.options().dtype(at::kFloat);
  LayerNormGradients sums;
  if (rows.x != nullptr) sums.weight = at::empty({g.size(0), g.size(2)}, f32);
  if (plain) sums.bias = at::empty({g.size(0), g.size(2)}, f32);
  sums.sq_norms = at::empty({g.size(0)}, f32);
  if (magnitude) sums.magnitude = at::empty({g.size(0)}, f32);
  const cuda::TokenSumsOut out{.plain = floats_of(sums.bias),
                               .normalised = floats_of(sums.weight),
                               .sq_norms = floats_of(sums.sq_norms),
                               .magnitudes = floats_of(sums.magnitude)};
  const auto scratch = at::empty({cuda::token_sums_scratch(rows, out)}, f32);
  cuda::token_sums(rows, floats_of(scratch), out, c10::cuda::getCurrentCUDAStream());
  return sums;
}

/// Σ_t g · (x − mean) · rstd, in chunks of samples.
at::Tensor normalised_sums(const at::Tensor& x, const at::Tensor& mean, const at::Tensor& rstd,
                           const at::Tensor& g) {
  const auto B = g.size(0), T = g.size(1), d = g.size(2);
  const auto dtype = wide_dtype(g.scalar_type());
  auto sums = at::empty({B, d}, g.options().dtype(dtype));
  const auto scratch = T * d * static_cast<std::int64_t>(c10::elementSize(dtype));
  for_sample_chunks(B, scratch, [&](std::int64_t begin, std::int64_t end) {
    const auto some = [&](const at::Tensor& t) {
      return to_wide(t.view({B, T, -1})).slice(0, begin, end);
    };
    auto normalised = mean.defined() ? some(x).sub(some(mean)) : some(x).clone();
    normalised.mul_(some(rstd)).mul_(g.slice(0, begin, end));
    sums.slice(0, begin, end).copy_(normalised.sum(at::IntArrayRef{1}));
  });
  return sums;
}

/// ‖x̂_t‖ ≤ √d, so m_w ≤ Σ_t ‖g_t‖√d; m_b ≤ Σ_t ‖g_t‖.
at::Tensor magnitude_from_norms(const at::Tensor& g, bool has_bias) {
  const double root = std::sqrt(static_cast<double>(g.size(2)));
  return sum_of_row_norms(g).mul(has_bias ? 1 + root : root);
}

}  // namespace

LayerNormGradients layer_norm_sample_gradients(const at::Tensor& x, const at::Tensor& mean,
                                               const at::Tensor& rstd, const at::Tensor& g,
                                               bool magnitude) {
  TORCH_CHECK(g.dim() == 3 && x.sizes() == g.sizes() && rstd.numel() == g.size(0) * g.size(1) &&
                  (!mean.defined() || mean.numel() == rstd.numel()),
              "layer norm: expected x and g [B,T,d], B·T means and rstds, got ", x.sizes(), ", ",
              g.sizes(), ", ", rstd.sizes());
  if (is_taken(x, g) && is_taken(g, g) && is_cuda_f32(rstd) &&
      (!mean.defined() || is_cuda_f32(mean))) {
    auto rows = rows_of(g);
    rows.x = x.const_data_ptr();
    rows.mean = mean.defined() ? mean.const_data_ptr<float>() : nullptr;
    rows.rstd = rstd.const_data_ptr<float>();
    return sum_on_cuda(rows, g, /*plain=*/mean.defined(), magnitude);
  }
  LayerNormGradients out;
  out.weight = normalised_sums(x, mean, rstd, g);
  out.sq_norms = sq_norm_each(out.weight);
  if (mean.defined()) {
    auto [sums, sq_norms] = token_sums(g);
    out.bias = sums;
    out.sq_norms.add_(sq_norms);
  }
  if (magnitude) out.magnitude = magnitude_from_norms(g, mean.defined());
  return out;
}

TokenSums token_sums(const at::Tensor& g) {
  if (is_taken(g, g)) {
    const auto out = sum_on_cuda(rows_of(g), g, /*plain=*/true, /*magnitude=*/false);
    return {out.bias, out.sq_norms};
  }
  auto sums = g.sum(at::IntArrayRef{1}, false, wide_dtype(g.scalar_type()));  // [B,d]
  auto sq_norms = sq_norm_each(sums);
  return {std::move(sums), std::move(sq_norms)};
}

}  // namespace clipbench::kernels
