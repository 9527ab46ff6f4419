#include "kernels/linear_on_hopper.h"

#include <ATen/Context.h>
#include <ATen/ops/empty.h>
#include <c10/cuda/CUDAGuard.h>
#include <c10/cuda/CUDAStream.h>

#include <algorithm>
#include <array>
#include <vector>

#include "kernels/cuda/even_rows.h"
#include "kernels/hopper/linear.h"
#include "kernels/on_cuda.h"

namespace clipbench::kernels {
namespace {

hopper::Batch batch_of(const LinearOperands& layer) {
  return {static_cast<int>(layer.a.size(0)), static_cast<int>(layer.a.size(1))};
}

hopper::LinearLayer view(const LinearOperands& layer) {
  return {layer.a.const_data_ptr(),
          layer.g.const_data_ptr(),
          layer.a.size(2),
          layer.g.size(2),
          layer.a.stride(1),
          layer.g.stride(1),
          layer.a.scalar_type() == at::kFloat};
}

std::vector<hopper::LinearLayer> views(at::ArrayRef<LinearOperands> layers) {
  std::vector<hopper::LinearLayer> all;
  for (const auto& layer : layers) all.push_back(view(layer));
  return all;
}

/// Columns next to each other, samples T rows apart.
bool has_even_rows(const at::Tensor& t) {
  return (t.stride(2) == 1 || t.size(2) == 1) && t.stride(1) >= t.size(2) &&
         (t.stride(0) == t.size(1) * t.stride(1) || t.size(0) == 1);
}

constexpr std::int64_t kRowBytes = 16;  // rows of a copy lie on these
constexpr std::int64_t kCopyBytes = 512 << 20;

std::int64_t even_pitch(const at::Tensor& g) {
  const std::int64_t elements = kRowBytes / g.element_size();
  return (g.size(2) + elements - 1) / elements * elements;
}

/// g [n,T,d] with rows on 16 bytes.
at::Tensor even_copy(const at::Tensor& g) {
  const auto n = g.size(0), T = g.size(1), d = g.size(2), pitch = even_pitch(g);
  auto out = at::empty({n, T, pitch}, g.options());
  const auto bytes = g.element_size();
  cuda::copy_to_even_rows(g.const_data_ptr(), g.stride(1) * bytes, out.mutable_data_ptr(),
                          pitch * bytes, n * T, d * bytes, c10::cuda::getCurrentCUDAStream());
  return out.slice(2, 0, d);
}

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

bool any_copied(at::ArrayRef<LinearOperands> layers) {
  return std::any_of(layers.begin(), layers.end(), hopper_copies);
}

bool is_taken(const LinearOperands& layer, const at::Tensor& first, at::ScalarType dtype) {
  for (const at::Tensor* t : {&layer.a, &layer.g}) {
    if (t->dim() != 3 || t->scalar_type() != dtype || !has_even_rows(*t) ||
        t->device() != first.device() || t->size(0) != first.size(0) ||
        t->size(1) != first.size(1)) {
      return false;
    }
  }
  auto seen = view(layer);
  if (hopper_copies(layer)) {
    seen.g = seen.a;  // a copy lies as well as a does, or no way
    seen.g_pitch = even_pitch(layer.g);
  }
  return hopper::takes(seen, batch_of(layer));
}

bool are_taken(at::ArrayRef<LinearOperands> layers, at::ScalarType dtype) {
  if (layers.empty()) return false;
  const at::Tensor& first = layers[0].a;
  if (!first.is_cuda() || first.dim() != 3 || !hopper::is_hopper(first.get_device())) return false;
  return std::all_of(layers.begin(), layers.end(),
                     [&](const LinearOperands& layer) { return is_taken(layer, first, dtype); });
}

/// Calls visit(begin, end) for ranges of layers that fit one launch.
template <class Visit>
void for_launches(std::size_t layers, const Visit& visit) {
  for (std::size_t begin = 0; begin < layers; begin += hopper::kMaxLayers) {
    visit(begin, std::min<std::size_t>(layers, begin + hopper::kMaxLayers));
  }
}

at::Tensor floats(std::int64_t count, const at::Tensor& like) {
  return at::empty({count}, like.options().dtype(at::kFloat));
}

/// to: planes of [layers,B] f32, `plane` floats apart, from one of the norm kernels: launch(layers,
/// batch, scratch, to, plane, stream).
template <class Launch>
void norms_into(float* to, std::int64_t plane, at::ArrayRef<LinearOperands> layers,
                decltype(hopper::norm_scratch)& scratch_size, const Launch& launch) {
  const auto all = views(layers);
  const auto batch = batch_of(layers[0]);
  for_launches(all.size(), [&](std::size_t begin, std::size_t end) {
    const auto some = std::span(all).subspan(begin, end - begin);
    const at::Tensor scratch = floats(scratch_size(some, batch), layers[0].a);
    launch(some, batch, scratch.mutable_data_ptr<float>(),
           to + static_cast<std::int64_t>(begin) * batch.samples, plane,
           c10::cuda::getCurrentCUDAStream());
  });
}

/// [planes,layers,B] f32.
template <class Launch>
at::Tensor norms(at::ArrayRef<LinearOperands> layers, std::int64_t planes,
                 decltype(hopper::norm_scratch)& scratch_size, const Launch& launch) {
  const c10::cuda::CUDAGuard guard(layers[0].a.device());
  const auto B = layers[0].a.size(0), plane = static_cast<std::int64_t>(layers.size()) * B;
  auto out = floats(planes * plane, layers[0].a);
  float* to = out.mutable_data_ptr<float>();
  if (!any_copied(layers)) {
    norms_into(to, plane, layers, scratch_size, launch);
  } else {
    for (std::size_t i = 0; i < layers.size(); ++i, to += B) {
      for_even_copies(layers[i], [&](std::int64_t begin, std::int64_t, const LinearOperands& even) {
        norms_into(to + begin, plane, even, scratch_size, launch);
      });
    }
  }
  return out.view({planes, -1, B});
}

/// Gradients and norms to where they belong: gradients[i] [B,d,p], norms [layers,B] f32.
void store_into(at::ArrayRef<at::Tensor> gradients, float* norms,
                at::ArrayRef<LinearOperands> layers) {
  const auto all = views(layers);
  const auto batch = batch_of(layers[0]);
  std::vector<void*> to;
  for (const auto& gradient : gradients) to.push_back(gradient.mutable_data_ptr());
  for_launches(all.size(), [&](std::size_t begin, std::size_t end) {
    const auto some = std::span(all).subspan(begin, end - begin);
    const auto scratch = floats(hopper::norm_scratch(some, batch), layers[0].a);
    hopper::stored_gradients(some, std::span(to).subspan(begin, end - begin), batch,
                             scratch.mutable_data_ptr<float>(),
                             norms + static_cast<std::int64_t>(begin) * batch.samples,
                             c10::cuda::getCurrentCUDAStream());
  });
}

void check_factors(const at::Tensor& factors, const LinearOperands& layer) {
  TORCH_CHECK(factors.numel() == layer.a.size(0), "clipped sum: ", factors.numel(), " factors for ",
              layer.a.size(0), " samples");
}

/// Calls launch(layers, rows, batch, scratch) until all rows are summed.
template <class Launch>
void sum_rows(std::span<const hopper::SumRows> rows, at::ArrayRef<LinearOperands> layers,
              const Launch& launch) {
  const auto all = views(layers);
  for_launches(all.size(), [&](std::size_t begin, std::size_t end) {
    const auto some = std::span(all).subspan(begin, end - begin);
    const auto some_rows = rows.subspan(begin, end - begin);
    const auto bytes = hopper::clipped_sum_scratch_bytes(some_rows, some);
    const auto scratch = floats(bytes / 4, layers[0].a);
    launch(some, some_rows, batch_of(layers[0]), scratch.mutable_data_ptr());
  });
}

void add_sums(at::ArrayRef<at::Tensor> sums, at::ArrayRef<LinearOperands> layers,
              const at::Tensor& factors, std::int64_t first_row) {
  std::vector<hopper::SumRows> rows;
  for (const auto& sum : sums) {
    rows.push_back({sum.mutable_data_ptr<float>(), first_row, sum.size(0)});
  }
  sum_rows(rows, layers, [&](auto some, auto some_rows, auto batch, void* scratch) {
    hopper::clipped_sum(some, some_rows, batch, factors.const_data_ptr<float>(), scratch,
                        c10::cuda::getCurrentCUDAStream());
  });
}

/// What hopper::released_sum is told beside operands.
struct Releasing {
  cuda::Element type;
  at::Tensor factors;
  Noise noise;

  void operator()(std::span<const hopper::SumRows> rows,
                  at::ArrayRef<LinearOperands> layers) const {
    sum_rows(rows, layers, [&](auto some, auto some_rows, auto batch, void* scratch) {
      hopper::released_sum(some, some_rows, type, batch, factors.const_data_ptr<float>(), noise,
                           scratch, c10::cuda::getCurrentCUDAStream());
    });
  }
};

/// Columns of g that are copied at once: those of all samples.
std::int64_t copied_columns(const at::Tensor& g) {
  return kCopyBytes / (g.size(0) * g.size(1) * g.element_size()) / kRowBytes * kRowBytes;
}

void release_copied(const ReleasedProduct& product, const Releasing& release) {
  const auto& [out, layer, stream] = product;
  const auto d = out.size(0), step = copied_columns(layer.g);
  for (std::int64_t first = 0; first < d; first += step) {
    const auto last = std::min(d, first + step);
    const auto rows = out.slice(0, first, last);
    release(
        std::array{hopper::SumRows{.sum = rows.mutable_data_ptr(),
                                   .first_row = 0,
                                   .rows = last - first,
                                   .noise_stream = stream,
                                   .noise_first = static_cast<std::uint64_t>(first * out.size(1))}},
        LinearOperands{layer.a, even_copy(layer.g.slice(2, first, last))});
  }
}

}  // namespace

bool hopper_takes(at::ArrayRef<LinearOperands> layers) { return are_taken(layers, at::kBFloat16); }

bool hopper_copies(const LinearOperands& layer) {
  const auto address = reinterpret_cast<std::uintptr_t>(layer.g.const_data_ptr());
  return address % kRowBytes != 0 || layer.g.stride(1) * layer.g.element_size() % kRowBytes != 0;
}

bool hopper_takes_gram(at::ArrayRef<LinearOperands> layers) {
  const bool tf32 =
      at::globalContext().float32Precision(at::Float32Backend::CUDA, at::Float32Op::MATMUL) ==
      at::Float32Precision::TF32;
  return hopper_takes(layers) || (tf32 && are_taken(layers, at::kFloat));
}

bool hopper_takes(at::ArrayRef<LinearOperands> layers, at::ArrayRef<at::Tensor> sums,
                  std::int64_t first_row) {
  return (first_row % 8 == 0 || any_copied(layers)) && hopper_takes(layers) &&
         std::all_of(sums.begin(), sums.end(), [&](const at::Tensor& sum) {
           return sum.scalar_type() == at::kFloat && sum.is_contiguous() &&
                  sum.device() == layers[0].a.device() &&
                  reinterpret_cast<std::uintptr_t>(sum.const_data_ptr()) % 16 == 0;
         });
}

bool hopper_releases(const at::Tensor& out, const LinearOperands& layer) {
  return hopper_takes(layer) && out.device() == layer.a.device() && out.dim() == 2 &&
         out.size(0) == layer.g.size(2) && out.size(1) == layer.a.size(2) && out.is_contiguous() &&
         cuda_element(out) && on_16_bytes(out) &&
         (!hopper_copies(layer) || copied_columns(layer.g) > 0);
}

at::Tensor hopper_width_sq_norms(at::ArrayRef<LinearOperands> layers) {
  const auto launch = [](auto some, auto batch, float* scratch, float* out, std::int64_t,
                         cudaStream_t stream) {
    hopper::width_sq_norms(some, batch, scratch, out, stream);
  };
  return norms(layers, /*planes=*/1, hopper::norm_scratch, launch)[0];
}

at::Tensor hopper_gram_norms(at::ArrayRef<LinearOperands> layers) {
  return norms(layers, hopper::kGramSums, hopper::gram_scratch, hopper::gram_norms);
}

std::vector<StoredGradients> hopper_stored_gradients(at::ArrayRef<LinearOperands> layers) {
  const c10::cuda::CUDAGuard guard(layers[0].a.device());
  const auto B = layers[0].a.size(0);
  const auto norms =
      floats(static_cast<std::int64_t>(layers.size()) * B, layers[0].a).view({-1, B});
  std::vector<StoredGradients> out;
  std::vector<at::Tensor> gradients;
  for (const auto& [a, g] : layers) {
    gradients.push_back(at::empty({B, g.size(2), a.size(2)}, a.options()));
    out.push_back({gradients.back(), norms[static_cast<std::int64_t>(out.size())]});
  }
  if (!any_copied(layers)) {
    store_into(gradients, norms.mutable_data_ptr<float>(), layers);
    return out;
  }
  for (std::size_t i = 0; i < layers.size(); ++i) {
    for_even_copies(layers[i], [&](std::int64_t begin, std::int64_t end, const LinearOperands& e) {
      store_into(gradients[i].slice(0, begin, end),
                 out[i].sq_norms.mutable_data_ptr<float>() + begin, e);
    });
  }
  return out;
}

void hopper_clipped_sums_(at::ArrayRef<at::Tensor> sums, at::ArrayRef<LinearOperands> layers,
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

void hopper_released_sums_(at::ArrayRef<ReleasedProduct> products, const at::Tensor& factors,
                           const Noise& noise) {
  const c10::cuda::CUDAGuard guard(products[0].layer.a.device());
  check_factors(factors, products[0].layer);
  const Releasing release{*cuda_element(products[0].out),
                          device_factors(factors, products[0].layer.a), noise};
  std::vector<LinearOperands> layers;
  std::vector<hopper::SumRows> rows;
  for (const auto& product : products) {
    if (hopper_copies(product.layer)) {
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
