#include <c10/cuda/CUDAGuard.h>
#include <c10/cuda/CUDAStream.h>

#include <algorithm>
#include <array>

#include "kernels/cuda_operands.h"
#include "kernels/on_cuda.h"

namespace clipbench::kernels {
namespace {

void check_factors(const at::Tensor& factors, const LinearOperands& layer) {
  TORCH_CHECK(factors.numel() == layer.a.size(0), "clipped sum: ", factors.numel(), " factors for ",
              layer.a.size(0), " samples");
}

/// Calls launch(layers, rows, batch, scratch) until all rows are summed.
template <class Launch>
void sum_rows(std::span<const cuda::SumRows> rows, at::ArrayRef<LinearOperands> layers,
              const Launch& launch) {
  const auto all = views(layers);
  for_launches(all.size(), [&](std::size_t begin, std::size_t end) {
    const auto some = std::span(all).subspan(begin, end - begin);
    const auto some_rows = rows.subspan(begin, end - begin);
    const auto bytes =
        kernels_of(layers).clipped_sum_scratch_bytes(some_rows, some, batch_of(layers[0]));
    const auto scratch = floats(bytes / 4, layers[0].a);
    launch(some, some_rows, batch_of(layers[0]), scratch.mutable_data_ptr());
  });
}

void add_sums(at::ArrayRef<at::Tensor> sums, at::ArrayRef<LinearOperands> layers,
              const at::Tensor& factors, std::int64_t first_row) {
  std::vector<cuda::SumRows> rows;
  for (const auto& sum : sums) {
    rows.push_back({sum.mutable_data_ptr<float>(), first_row, sum.size(0)});
  }
  sum_rows(rows, layers, [&](auto some, auto some_rows, auto batch, void* scratch) {
    kernels_of(layers).clipped_sum(some, some_rows, batch, factors.const_data_ptr<float>(), scratch,
                                   c10::cuda::getCurrentCUDAStream());
  });
}

/// What released_sum is told beside operands.
struct Releasing {
  cuda::Element type;
  at::Tensor factors;
  Noise noise;

  void operator()(std::span<const cuda::SumRows> rows, at::ArrayRef<LinearOperands> layers) const {
    sum_rows(rows, layers, [&](auto some, auto some_rows, auto batch, void* scratch) {
      kernels_of(layers).released_sum(some, some_rows, type, batch, factors.const_data_ptr<float>(),
                                      noise, scratch, c10::cuda::getCurrentCUDAStream());
    });
  }
};

constexpr std::int64_t kTile = 256;             // edge, rows and columns of a sum
constexpr std::int64_t kTilesAtOnce = 2 * 132;  // two rounds of a whole device: more bring no speed

/// Columns of g, those of all samples, that are copied at once.
std::int64_t copied_columns(const LinearOperands& layer) {
  const auto& [a, g] = layer;
  const auto fitting = kCopyBytes / (g.size(0) * g.size(1) * g.element_size());
  const auto tiles_across = (a.size(2) + kTile - 1) / kTile;
  const auto filling = (kTilesAtOnce + tiles_across - 1) / tiles_across * kTile;
  return std::min(fitting / kRowBytes * kRowBytes, filling);
}

void release_copied(const ReleasedProduct& product, const Releasing& release) {
  const auto& [out, layer, stream] = product;
  const auto d = out.size(0), step = copied_columns(layer);
  for (std::int64_t first = 0; first < d; first += step) {
    const auto last = std::min(d, first + step);
    const auto rows = out.slice(0, first, last);
    release(
        std::array{cuda::SumRows{.sum = rows.mutable_data_ptr(),
                                 .first_row = 0,
                                 .rows = last - first,
                                 .noise_stream = stream,
                                 .noise_first = static_cast<std::uint64_t>(first * out.size(1))}},
        LinearOperands{layer.a, even_copy(layer.g.slice(2, first, last))});
  }
}

}  // namespace

bool cuda_takes(at::ArrayRef<LinearOperands> layers, at::ArrayRef<at::Tensor> sums,
                std::int64_t first_row) {
  return (first_row % 8 == 0 || any_copied(layers)) && cuda_takes(layers) &&
         std::all_of(sums.begin(), sums.end(), [&](const at::Tensor& sum) {
           return sum.scalar_type() == at::kFloat && sum.is_contiguous() &&
                  sum.device() == layers[0].a.device() &&
                  reinterpret_cast<std::uintptr_t>(sum.const_data_ptr()) % 16 == 0;
         });
}

bool cuda_releases(const at::Tensor& out, const LinearOperands& layer) {
  return cuda_takes(layer) && kernels_of(layer).released_sum != nullptr &&
         out.device() == layer.a.device() && out.dim() == 2 && out.size(0) == layer.g.size(2) &&
         out.size(1) == layer.a.size(2) && out.is_contiguous() &&
         (out.scalar_type() == at::kFloat || out.scalar_type() == layer.a.scalar_type()) &&
         on_16_bytes(out) && (!cuda_copies(layer) || copied_columns(layer) >= kTile);
}

void cuda_clipped_sums_(at::ArrayRef<at::Tensor> sums, at::ArrayRef<LinearOperands> layers,
                        const at::Tensor& factors, std::int64_t first_row) {
  const c10::cuda::CUDAGuard guard(layers[0].a.device());
  check_factors(factors, layers[0]);
  for (std::size_t i = 0; i < layers.size(); ++i) {
    const auto d = layers[i].g.size(2), p = layers[i].a.size(2);
    TORCH_CHECK(sums[i].dim() == 2 && sums[i].size(1) == p && first_row + sums[i].size(0) <= d,
                "clipped sum: expected rows ", first_row, " … of [", d, ",", p, "], got ",
                sums[i].sizes());
  }
  const auto weights = device_factors(factors, layers[0].a);
  if (!any_copied(layers)) return add_sums(sums, layers, weights, first_row);
  for (std::size_t i = 0; i < layers.size(); ++i) {
    const auto columns = layers[i].g.slice(2, first_row, first_row + sums[i].size(0));
    for_even_copies({layers[i].a, columns},
                    [&](std::int64_t begin, std::int64_t end, const LinearOperands& even) {
                      add_sums(sums[i], even, weights.slice(0, begin, end), /*first_row=*/0);
                    });
  }
}

void cuda_released_sums_(at::ArrayRef<ReleasedProduct> products, const at::Tensor& factors,
                         const Noise& noise) {
  const c10::cuda::CUDAGuard guard(products[0].layer.a.device());
  check_factors(factors, products[0].layer);
  const Releasing release{*cuda_element(products[0].out),
                          device_factors(factors, products[0].layer.a), noise};
  std::vector<LinearOperands> layers;
  std::vector<cuda::SumRows> rows;
  for (const auto& product : products) {
    if (cuda_copies(product.layer)) {
      release_copied(product, release);
      continue;
    }
    layers.push_back(product.layer);
    rows.push_back({.sum = product.out.mutable_data_ptr(),
                    .first_row = 0,
                    .rows = product.out.size(0),
                    .noise_stream = product.noise_stream});
  }
  release(rows, layers);
}

}  // namespace clipbench::kernels
