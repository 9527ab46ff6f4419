#include "kernels/linear_on_hopper.h"

#include <ATen/Context.h>
#include <ATen/ops/empty.h>
#include <c10/cuda/CUDAGuard.h>
#include <c10/cuda/CUDAStream.h>

#include <algorithm>
#include <vector>

#include "kernels/hopper/linear.h"

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

bool is_taken(const LinearOperands& layer, const at::Tensor& first, at::ScalarType dtype) {
  for (const at::Tensor* t : {&layer.a, &layer.g}) {
    if (t->dim() != 3 || t->scalar_type() != dtype || !has_even_rows(*t) ||
        t->device() != first.device() || t->size(0) != first.size(0) ||
        t->size(1) != first.size(1)) {
      return false;
    }
  }
  return hopper::takes(view(layer), batch_of(layer));
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

/// [planes,layers,B] f32 from one of the norm kernels: launch(layers, batch, scratch, out, plane,
/// stream).
template <class Launch>
at::Tensor norms(at::ArrayRef<LinearOperands> layers, std::int64_t planes,
                 decltype(hopper::norm_scratch)& scratch_size, const Launch& launch) {
  const c10::cuda::CUDAGuard guard(layers[0].a.device());
  const auto all = views(layers);
  const auto batch = batch_of(layers[0]);
  const auto plane = static_cast<std::int64_t>(all.size()) * batch.samples;
  auto out = floats(planes * plane, layers[0].a);
  for_launches(all.size(), [&](std::size_t begin, std::size_t end) {
    const auto some = std::span(all).subspan(begin, end - begin);
    const at::Tensor scratch = floats(scratch_size(some, batch), layers[0].a);
    float* to = out.mutable_data_ptr<float>() + static_cast<std::int64_t>(begin) * batch.samples;
    launch(some, batch, scratch.mutable_data_ptr<float>(), to, plane,
           c10::cuda::getCurrentCUDAStream());
  });
  return out.view({planes, -1, batch.samples});
}

}  // namespace

bool hopper_takes(at::ArrayRef<LinearOperands> layers) { return are_taken(layers, at::kBFloat16); }

bool hopper_takes_gram(at::ArrayRef<LinearOperands> layers) {
  const bool tf32 =
      at::globalContext().float32Precision(at::Float32Backend::CUDA, at::Float32Op::MATMUL) ==
      at::Float32Precision::TF32;
  return hopper_takes(layers) || (tf32 && are_taken(layers, at::kFloat));
}

bool hopper_takes(at::ArrayRef<LinearOperands> layers, at::ArrayRef<at::Tensor> sums,
                  std::int64_t first_row) {
  return first_row % 8 == 0 && hopper_takes(layers) &&
         std::all_of(sums.begin(), sums.end(), [&](const at::Tensor& sum) {
           return sum.scalar_type() == at::kFloat && sum.is_contiguous() &&
                  sum.device() == layers[0].a.device() &&
                  reinterpret_cast<std::uintptr_t>(sum.const_data_ptr()) % 16 == 0;
         });
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
  const auto all = views(layers);
  const auto batch = batch_of(layers[0]);
  auto norms = floats(static_cast<std::int64_t>(all.size()) * batch.samples, layers[0].a)
                   .view({static_cast<std::int64_t>(all.size()), batch.samples});
  std::vector<StoredGradients> out;
  std::vector<void*> gradients;
  for (const auto& layer : all) {
    const auto row = static_cast<std::int64_t>(out.size());
    out.push_back(
        {at::empty({batch.samples, layer.d, layer.p}, layers[0].a.options()), norms[row]});
    gradients.push_back(out.back().gradients.mutable_data_ptr());
  }
  for_launches(all.size(), [&](std::size_t begin, std::size_t end) {
    const auto some = std::span(all).subspan(begin, end - begin);
    const auto scratch = floats(hopper::norm_scratch(some, batch), layers[0].a);
    hopper::stored_gradients(some, std::span(gradients).subspan(begin, end - begin), batch,
                             scratch.mutable_data_ptr<float>(),
                             out[begin].sq_norms.mutable_data_ptr<float>(),
                             c10::cuda::getCurrentCUDAStream());
  });
  return out;
}

void hopper_clipped_sums_(at::ArrayRef<at::Tensor> sums, at::ArrayRef<LinearOperands> layers,
                          const at::Tensor& factors, std::int64_t first_row) {
  const c10::cuda::CUDAGuard guard(layers[0].a.device());
  const auto all = views(layers);
  const auto batch = batch_of(layers[0]);
  TORCH_CHECK(factors.numel() == batch.samples, "clipped sum: ", factors.numel(), " factors for ",
              batch.samples, " samples");
  const auto on_device = factors.to(layers[0].a.device(), at::kFloat).contiguous();
  std::vector<hopper::SumRows> rows;
  for (std::size_t i = 0; i < all.size(); ++i) {
    TORCH_CHECK(sums[i].dim() == 2 && sums[i].size(1) == all[i].p &&
                    first_row + sums[i].size(0) <= all[i].d,
                "clipped sum: expected rows ", first_row, " … of [", all[i].d, ",", all[i].p,
                "], got ", sums[i].sizes());
    rows.push_back({sums[i].mutable_data_ptr<float>(), first_row, sums[i].size(0)});
  }
  for_launches(all.size(), [&](std::size_t begin, std::size_t end) {
    const auto some = std::span(all).subspan(begin, end - begin);
    const auto some_rows = std::span(rows).subspan(begin, end - begin);
    const auto bytes = hopper::clipped_sum_scratch_bytes(some_rows, some);
    const auto scratch = floats(bytes / 4, layers[0].a);
    hopper::clipped_sum(some, some_rows, batch, on_device.const_data_ptr<float>(),
                        scratch.mutable_data_ptr(), c10::cuda::getCurrentCUDAStream());
  });
}

}  // namespace clipbench::kernels
