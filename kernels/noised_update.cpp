#include "kernels/noised_update.h"

#include <c10/cuda/CUDAGuard.h>
#include <c10/cuda/CUDAStream.h>

#include <array>
#include <vector>

#include "kernels/cpu/noised_update.h"
#include "kernels/cuda/noised_update.h"
#include "kernels/on_cuda.h"

namespace clipbench::kernels {
namespace {

using List = at::ArrayRef<at::Tensor>;

/// Of any rule.
struct Lists {
  const char* name;  // of the function, in errors
  List grads, params;
  std::array<List, kMaxStates> states;
  List copies;
};

void check_list(const Lists& lists, List list, const char* what) {
  TORCH_CHECK(list.size() == lists.params.size(), lists.name, ": expected ", lists.params.size(),
              " ", what, ", got ", list.size());
  for (std::size_t k = 0; k < list.size(); ++k) {
    const at::Tensor &t = list[k], &param = lists.params[k];
    TORCH_CHECK(t.is_contiguous() && t.numel() == param.numel() &&
                    t.scalar_type() == list[0].scalar_type() &&
                    t.device() == lists.params[0].device(),
                lists.name, ": expected ", what, " of ", param.numel(), " contiguous ",
                list[0].scalar_type(), " elements on ", lists.params[0].device(), ", got ",
                t.scalar_type(), " ", t.sizes(), " on ", t.device());
  }
}

cuda::Element element_of(const Lists& lists, List list) {
  const auto type = cuda_element(list[0]);
  TORCH_CHECK(type, lists.name, ": expected f32, bf16 or f16, got ", list[0].scalar_type());
  return *type;
}

cuda::UpdateTypes check(const Lists& lists) {
  check_list(lists, lists.params, "parameters");
  check_list(lists, lists.grads, "gradients");
  cuda::UpdateTypes types{element_of(lists, lists.grads), element_of(lists, lists.params)};
  for (const List list : lists.states) {
    if (list.empty()) continue;
    check_list(lists, list, "states");
    TORCH_CHECK(list[0].scalar_type() == lists.params[0].scalar_type(), lists.name,
                ": expected states of the parameters' ", lists.params[0].scalar_type(), ", got ",
                list[0].scalar_type());
  }
  if (!lists.copies.empty()) {
    check_list(lists, lists.copies, "copies");
    types.copy = element_of(lists, lists.copies);
    TORCH_CHECK(types.copy != cuda::Element::f32, lists.name, ": expected bf16 or f16 copies");
  }
  return types;
}

UpdatedTensor view(const Lists& lists, std::size_t k, const Noise& noise) {
  const auto data = [&](List list) { return list.empty() ? nullptr : list[k].mutable_data_ptr(); };
  return {.grad = lists.grads[k].const_data_ptr(),
          .param = data(lists.params),
          .states = {data(lists.states[0]), data(lists.states[1])},
          .copy = data(lists.copies),
          .n = lists.params[k].numel(),
          .noise_stream = noise.stream + k};
}

/// For autograd: graphs that saved what was here may not be run backward.
void note_written(List list) {
  for (const at::Tensor& t : list) {
    if (!t.is_inference()) t.unsafeGetTensorImpl()->bump_version();
  }
}

template <class Rule>
void update(const Lists& lists, const Rule& rule, const Noise& noise) {
  if (lists.params.empty()) {
    TORCH_CHECK(lists.grads.empty(), lists.name, ": gradients without parameters");
    return;
  }
  const auto types = check(lists);
  std::vector<UpdatedTensor> tensors;
  for (std::size_t k = 0; k < lists.params.size(); ++k) tensors.push_back(view(lists, k, noise));
  note_written(lists.params);
  note_written(lists.copies);
  for (const List list : lists.states) note_written(list);
  const at::Device device = lists.params[0].device();
  if (device.is_cuda()) {
    const c10::cuda::CUDAGuard guard(device);
    return cuda::noised_update(tensors, types, rule, noise, c10::cuda::getCurrentCUDAStream());
  }
  TORCH_CHECK(device.is_cpu(), lists.name, ": expected tensors on a CPU or a GPU, got ", device);
  cpu::UpdateTypes on_cpu{lists.grads[0].scalar_type(), lists.params[0].scalar_type()};
  if (!lists.copies.empty()) on_cpu.copy = lists.copies[0].scalar_type();
  for (const auto& tensor : tensors) cpu::noised_update(tensor, on_cpu, rule, noise);
}

}  // namespace

void noise_adam_(const AdamLists& lists, const AdamOptions& options, const Noise& noise) {
  constexpr auto kName = "noise_adam_";
  TORCH_CHECK(lists.first_moments.size() == lists.params.size() &&
                  lists.second_moments.size() == lists.params.size(),
              kName, ": expected two moments a parameter");
  TORCH_CHECK(options.step >= 1, kName, ": expected a step from 1 on, got ", options.step);
  update(
      {kName, lists.grads, lists.params, {lists.first_moments, lists.second_moments}, lists.copies},
      AdamRule(options), noise);
}

void noise_sgd_(const SgdLists& lists, const SgdOptions& options, const Noise& noise) {
  constexpr auto kName = "noise_sgd_";
  if (options.momentum == 0) {
    return update({kName, lists.grads, lists.params, {}, lists.copies}, SgdRule(options), noise);
  }
  TORCH_CHECK(lists.momenta.size() == lists.params.size(), kName,
              ": expected a momentum a parameter");
  update({kName, lists.grads, lists.params, {lists.momenta, List{}}, lists.copies},
         MomentumRule(options), noise);
}

}  // namespace clipbench::kernels
