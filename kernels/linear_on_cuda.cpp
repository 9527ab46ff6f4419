#include "kernels/linear_on_cuda.h"

#include <ATen/Context.h>
#include <ATen/ops/empty.h>
#include <c10/cuda/CUDAGuard.h>
#include <c10/cuda/CUDAStream.h>

#include <algorithm>
#include <vector>

#include "kernels/ampere/linear.h"
#include "kernels/cuda/device.h"
#include "kernels/cuda_operands.h"
#include "kernels/hopper/linear.h"

namespace clipbench::kernels {
namespace {

bool portable_alone = false;

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
  auto seen = view(layer);
  if (cuda_copies(layer)) {
    seen.g = seen.a;  // a copy lies as well as a does, or no way
    seen.g_pitch = even_pitch(layer.g);
  }
  return cuda::takes(seen, batch_of(layer));
}

bool are_taken(at::ArrayRef<LinearOperands> layers, at::ScalarType dtype) {
  if (layers.empty()) return false;
  const at::Tensor& first = layers[0].a;
  if (first.dim() != 3 || linear_family(first.device()) == LinearFamily::none) return false;
  return std::all_of(layers.begin(), layers.end(),
                     [&](const LinearOperands& layer) { return is_taken(layer, first, dtype); });
}

/// to: planes of [layers,B] f32, `plane` floats apart, from one of the norm kernels: launch(layers,
/// batch, scratch, to, plane, stream).
template <class Launch>
void norms_into(float* to, std::int64_t plane, at::ArrayRef<LinearOperands> layers,
                decltype(cuda::LinearKernels::norm_scratch) scratch_size, const Launch& launch) {
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
                 decltype(cuda::LinearKernels::norm_scratch) scratch_size, const Launch& launch) {
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
  const auto& kernels = kernels_of(layers);
  std::vector<void*> to;
  for (const auto& gradient : gradients) to.push_back(gradient.mutable_data_ptr());
  for_launches(all.size(), [&](std::size_t begin, std::size_t end) {
    const auto some = std::span(all).subspan(begin, end - begin);
    const auto scratch = floats(kernels.norm_scratch(some, batch), layers[0].a);
    kernels.stored_gradients(some, std::span(to).subspan(begin, end - begin), batch,
                             scratch.mutable_data_ptr<float>(),
                             norms + static_cast<std::int64_t>(begin) * batch.samples,
                             c10::cuda::getCurrentCUDAStream());
  });
}

}  // namespace

void use_portable_kernels(bool portable) { portable_alone = portable; }

LinearFamily linear_family(at::Device device) {
  if (!device.is_cuda()) return LinearFamily::none;
  const int major = cuda::compute_capability_major(device.has_index() ? device.index() : 0);
  if (major == 9 && !portable_alone) return LinearFamily::hopper;
  const bool has_faster_products = major > 8 && major < 12;  // those of wgmma and tcgen05
  return major < 8 || (has_faster_products && !portable_alone) ? LinearFamily::none
                                                               : LinearFamily::portable;
}

const cuda::LinearKernels& kernels_of(at::ArrayRef<LinearOperands> layers) {
  return linear_family(layers[0].a.device()) == LinearFamily::hopper ? hopper::kLinearKernels
                                                                     : ampere::kLinearKernels;
}

bool cuda_takes(at::ArrayRef<LinearOperands> layers) {
  return are_taken(layers, at::kBFloat16) || are_taken(layers, at::kHalf);
}

bool cuda_copies(const LinearOperands& layer) {
  const auto address = reinterpret_cast<std::uintptr_t>(layer.g.const_data_ptr());
  return address % kRowBytes != 0 || layer.g.stride(1) * layer.g.element_size() % kRowBytes != 0;
}

bool cuda_takes_gram(at::ArrayRef<LinearOperands> layers) {
  const bool tf32 =
      at::globalContext().float32Precision(at::Float32Backend::CUDA, at::Float32Op::MATMUL) ==
      at::Float32Precision::TF32;
  return cuda_takes(layers) || (tf32 && are_taken(layers, at::kFloat));
}

std::int64_t cuda_gram_tile(at::ArrayRef<LinearOperands> layers) {
  return kernels_of(layers).gram_tile;
}

at::Tensor cuda_width_sq_norms(at::ArrayRef<LinearOperands> layers) {
  const auto& kernels = kernels_of(layers);
  const auto launch = [&](auto some, auto batch, float* scratch, float* out, std::int64_t,
                          cudaStream_t stream) {
    kernels.width_sq_norms(some, batch, scratch, out, stream);
  };
  return norms(layers, /*planes=*/1, kernels.norm_scratch, launch)[0];
}

at::Tensor cuda_gram_norms(at::ArrayRef<LinearOperands> layers) {
  const auto& kernels = kernels_of(layers);
  return norms(layers, cuda::kGramSums, kernels.gram_scratch, kernels.gram_norms);
}

std::vector<StoredGradients> cuda_stored_gradients(at::ArrayRef<LinearOperands> layers) {
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

}  // namespace clipbench::kernels
