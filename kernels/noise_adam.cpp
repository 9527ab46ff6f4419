#include "kernels/noise_adam.h"

#include <c10/cuda/CUDAGuard.h>
#include <c10/cuda/CUDAStream.h>

#include <vector>

#include "kernels/on_cuda.h"

namespace clipbench::kernels {
namespace {

cuda::Element element_of(const at::Tensor& t) {
  const auto type = cuda_element(t);
  TORCH_CHECK(type && t.is_cuda(), "noise_adam_: expected f32, bf16 or f16 CUDA tensors, got ",
              t.scalar_type(), " on ", t.device());
  return *type;
}

void check(const at::Tensor& t, const at::Tensor& param, at::ScalarType dtype, const char* what) {
  TORCH_CHECK(t.is_contiguous() && t.numel() == param.numel() && t.scalar_type() == dtype &&
                  t.device() == param.device(),
              "noise_adam_: expected ", what, " of ", param.numel(), " contiguous ", dtype,
              " elements on ", param.device(), ", got ", t.scalar_type(), " ", t.sizes());
}

cuda::AdamTensor view(const AdamLists& lists, std::size_t k, const Noise& noise) {
  const at::Tensor& param = lists.params[k];
  const auto dtype = lists.params[0].scalar_type();
  check(param, param, dtype, "parameters");
  check(lists.grads[k], param, lists.grads[0].scalar_type(), "gradients");
  check(lists.first_moments[k], param, dtype, "first moments");
  check(lists.second_moments[k], param, dtype, "second moments");
  if (!lists.copies.empty()) {
    check(lists.copies[k], param, lists.copies[0].scalar_type(), "copies");
  }
  return {.grad = lists.grads[k].const_data_ptr(),
          .param = param.mutable_data_ptr(),
          .first_moment = lists.first_moments[k].mutable_data_ptr(),
          .second_moment = lists.second_moments[k].mutable_data_ptr(),
          .copy = lists.copies.empty() ? nullptr : lists.copies[k].mutable_data_ptr(),
          .n = param.numel(),
          .noise_stream = noise.stream + k};
}

cuda::AdamTypes types_of(const AdamLists& lists) {
  cuda::AdamTypes types{element_of(lists.grads[0]), element_of(lists.params[0])};
  if (!lists.copies.empty()) {
    types.copy = element_of(lists.copies[0]);
    TORCH_CHECK(types.copy != cuda::Element::f32, "noise_adam_: expected bf16 or f16 copies");
  }
  return types;
}

}  // namespace

void noise_adam_(const AdamLists& lists, const AdamOptions& options, const Noise& noise) {
  const auto count = lists.params.size();
  TORCH_CHECK(lists.grads.size() == count && lists.first_moments.size() == count &&
                  lists.second_moments.size() == count &&
                  (lists.copies.empty() || lists.copies.size() == count),
              "noise_adam_: lists of different lengths");
  if (count == 0) return;
  std::vector<cuda::AdamTensor> tensors;
  for (std::size_t k = 0; k < count; ++k) tensors.push_back(view(lists, k, noise));
  const c10::cuda::CUDAGuard guard(lists.params[0].device());
  cuda::noise_adam(tensors, types_of(lists), options, noise, c10::cuda::getCurrentCUDAStream());
}

}  // namespace clipbench::kernels
