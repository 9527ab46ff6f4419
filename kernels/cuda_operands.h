// Operands as the kernels of kernels/cuda/linear_kernels.h see them: views, copies on 16 bytes,
// ranges of one call. Internal to kernels/.
#pragma once

#include <ATen/core/Tensor.h>
#include <ATen/ops/empty.h>

#include <algorithm>
#include <vector>

#include "kernels/cuda/linear_kernels.h"
#include "kernels/linear_on_cuda.h"
#include "kernels/on_cuda.h"

namespace clipbench::kernels {

inline cuda::Batch batch_of(const LinearOperands& layer) {
  return {static_cast<int>(layer.a.size(0)), static_cast<int>(layer.a.size(1))};
}

inline cuda::LinearLayer view(const LinearOperands& layer) {
  return {layer.a.const_data_ptr(), layer.g.const_data_ptr(), layer.a.size(2),
          layer.g.size(2),          layer.a.stride(1),        layer.g.stride(1),
          *cuda_element(layer.a)};
}

inline std::vector<cuda::LinearLayer> views(at::ArrayRef<LinearOperands> layers) {
  std::vector<cuda::LinearLayer> all;
  for (const auto& layer : layers) all.push_back(view(layer));
  return all;
}

inline constexpr std::int64_t kRowBytes = 16;  // rows of a copy lie on these
inline constexpr std::int64_t kCopyBytes = 512 << 20;

/// Of layers that are taken: the kernels that run them.
const cuda::LinearKernels& kernels_of(at::ArrayRef<LinearOperands> layers);

inline std::int64_t even_pitch(const at::Tensor& g) {
  const std::int64_t elements = kRowBytes / g.element_size();
  return (g.size(2) + elements - 1) / elements * elements;
}

/// g [n,T,d] with rows on 16 bytes.
at::Tensor even_copy(const at::Tensor& g);

/// Calls visit(begin, end, operands of these samples) with copies that the kernels can read.
template <class Visit>
void for_even_copies(const LinearOperands& layer, const Visit& visit) {
  const auto B = layer.g.size(0), sample_bytes = layer.g.numel() / B * layer.g.element_size();
  const auto step = std::clamp<std::int64_t>(kCopyBytes / sample_bytes, 1, B);
  for (std::int64_t begin = 0; begin < B; begin += step) {
    const auto end = std::min(B, begin + step);
    visit(begin, end,
          LinearOperands{layer.a.slice(0, begin, end), even_copy(layer.g.slice(0, begin, end))});
  }
}

inline bool any_copied(at::ArrayRef<LinearOperands> layers) {
  return std::any_of(layers.begin(), layers.end(), cuda_copies);
}

/// Calls visit(begin, end) for ranges of layers that fit one call.
template <class Visit>
void for_launches(std::size_t layers, const Visit& visit) {
  for (std::size_t begin = 0; begin < layers; begin += cuda::kMaxLayers) {
    visit(begin, std::min<std::size_t>(layers, begin + cuda::kMaxLayers));
  }
}

inline at::Tensor floats(std::int64_t count, const at::Tensor& like) {
  return at::empty({count}, like.options().dtype(at::kFloat));
}

}  // namespace clipbench::kernels
