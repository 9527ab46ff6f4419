#include "kernels/linear_sum.h"

#include <algorithm>

#include <ATen/ops/empty.h>
#include <ATen/ops/mul.h>

#include "kernels/linear_on_cpu.h"
#include "kernels/linear_on_cuda.h"
#include "kernels/wide.h"

namespace clipbench::kernels {
namespace {

constexpr std::int64_t kScaledBytes = 64 << 20;

/// One product over all tokens of consecutive samples. Scaling rounds each element of g once more,
/// by u at most, so a contribution grows by a factor of 1+u at most: the guard's ε is 4u and more.
void add_scaled_(at::Tensor& sum, const at::Tensor& a, const at::Tensor& g,
                 const at::Tensor& factors) {
  const auto tokens = g.size(0) * g.size(1), rows = sum.size(0);
  const auto fitting = kScaledBytes / (tokens * g.element_size()) / 4 * 4;  // on 16 bytes
  const auto step = std::clamp<std::int64_t>(fitting, 4, std::max<std::int64_t>(rows, 4));
  for (std::int64_t row = 0; row < rows; row += step) {
    const auto last = std::min(rows, row + step);
    auto scaled = at::empty({g.size(0), g.size(1), last - row}, g.options());
    at::mul_out(scaled, g.slice(2, row, last), factors.view({-1, 1, 1}));
    auto block = sum.slice(0, row, last);
    addmm_wide_(block, scaled.view({tokens, last - row}).t(), a.reshape({tokens, a.size(2)}), 1);
  }
}

/// Calls visit(begin, end) for each run of samples that count.
template <class Visit>
void for_counting_runs(const Factors& factors, const Visit& visit) {
  const auto begin = factors.host().begin(), end = factors.host().end();
  for (auto first = begin; first != end;) {
    first = std::find_if(first, end, [](double factor) { return factor != 0; });
    const auto last = std::find(first, end, 0.0);
    if (first != last) visit(first - begin, last - begin);
    first = last;
  }
}

}  // namespace

void linear_clipped_sum_(at::Tensor& sum, const at::Tensor& a, const at::Tensor& g,
                         const Factors& factors, std::int64_t first_row) {
  if (cuda_takes(LinearOperands{a, g}, sum, first_row)) {
    return cuda_clipped_sums_(sum, LinearOperands{a, g}, factors.device, first_row);
  }
  if (cpu_takes({a, g}, sum)) return cpu_clipped_sum_(sum, {a, g}, factors.device, first_row);
  const auto last_row = first_row + sum.size(0);
  if (sum.scalar_type() == g.scalar_type()) {
    return for_counting_runs(factors, [&](std::int64_t begin, std::int64_t end) {
      add_scaled_(sum, a.slice(0, begin, end), g.slice(0, begin, end).slice(2, first_row, last_row),
                  factors.device.slice(0, begin, end));
    });
  }
  const auto& weights = factors.host();
  for (std::size_t b = 0; b < weights.size(); ++b) {
    if (weights[b] == 0) continue;
    const auto sample = static_cast<std::int64_t>(b);
    const auto g_rows = g.select(0, sample).slice(1, first_row, last_row);  // [T,rows]
    addmm_wide_(sum, g_rows.t(), a.select(0, sample), weights[b]);
  }
}

void linear_clipped_sums_(at::ArrayRef<at::Tensor> sums, at::ArrayRef<LinearOperands> layers,
                          const Factors& factors) {
  TORCH_CHECK(sums.size() == layers.size(), "linear_clipped_sums_: ", layers.size(),
              " layers, but ", sums.size(), " sums");
  if (cuda_takes(layers, sums, 0)) {
    return cuda_clipped_sums_(sums, layers, factors.device, /*first_row=*/0);
  }
  for (std::size_t i = 0; i < layers.size(); ++i) {
    at::Tensor sum = sums[i];
    linear_clipped_sum_(sum, layers[i].a, layers[i].g, factors, 0);
  }
}

bool linear_releases(const at::Tensor& out, const LinearOperands& layer) {
  return cuda_releases(out, layer);
}

void linear_released_sums_(at::ArrayRef<ReleasedProduct> products, const Factors& factors,
                           const Noise& noise) {
  if (products.empty()) return;
  const auto& first = products[0];
  for (const auto& [out, layer, stream] : products) {
    TORCH_CHECK(linear_releases(out, layer) && out.scalar_type() == first.out.scalar_type() &&
                    layer.a.sizes().slice(0, 2) == first.layer.a.sizes().slice(0, 2),
                "release of a clipped sum: no kernel writes ", out.scalar_type(), " ", out.sizes(),
                " from ", layer.g.scalar_type(), " ", layer.g.sizes(), " and ", layer.a.sizes());
  }
  cuda_released_sums_(products, factors.device, noise);
}

}  // namespace clipbench::kernels
