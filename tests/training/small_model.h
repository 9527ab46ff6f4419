// Models and comparisons that the training tests share.
#pragma once

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "bench/methods/contract.h"
#include "bench/methods/wide_sums.h"
#include "bench/models/model.h"
#include "bench/models/scaled_losses.h"
#include "bench/models/tokens.h"

namespace clipbench::bench::test {

inline constexpr std::int64_t kVocabulary = 61;

inline std::unique_ptr<Model> small_gpt2(std::int64_t T, at::ScalarType dtype,
                                         at::Device device = at::kCPU, bool tied_head = false) {
  static const ModelInfo info{"small", 2, 32, 4, kVocabulary, 0, "test"};
  return make_model(info, T, dtype, device, /*seed=*/7, tied_head);
}

inline constexpr ModelInfo kSmallLlama{
    "small_llama", 2, 32, 4, kVocabulary, 0, "test", Family::llama, /*kv_heads=*/2, /*hidden=*/44};

inline std::unique_ptr<Model> small_llama(at::ScalarType dtype, bool tied_head = false) {
  return make_model(kSmallLlama, /*seq=*/0, dtype, at::kCPU, /*seed=*/7, tied_head);
}

inline Batch small_batch(std::int64_t B, std::int64_t T, at::Device device = at::kCPU) {
  return make_zipf_tokens(kVocabulary, 3)->next(B, T, device);
}

inline Clipping clipping(double clip_norm) { return {make_clip_function("abadi"), clip_norm}; }

inline std::unique_ptr<Schedule> schedule_of(const std::string& method, double clip_norm) {
  return make_schedule(find_method(method), clipping(clip_norm));
}

/// The same rounded weights in f64.
inline void copy_parameters(const Model& from, const Model& to) {
  at::AutoDispatchBelowADInplaceOrView no_autograd;
  const auto source = from.parameters(), target = to.parameters();
  for (std::size_t k = 0; k < source.size(); ++k) target[k].copy_(source[k]);
}

inline double median_norm(const Model& model, const Batch& batch) {
  const auto step = run_step(*schedule_of("microbatch", 1), model, batch);
  return step.gradients.norms.median().item<double>();
}

inline std::vector<std::string> private_methods() {
  std::vector<std::string> names;
  for (const auto& method : all_methods()) {
    if (method.is_private()) names.push_back(method.name);
  }
  return names;
}

/// per_layer refuses it: bench/cases/case.h, unsupported().
inline std::vector<std::string> methods_for_a_tied_head() {
  auto names = private_methods();
  std::erase(names, "per_layer");
  return names;
}

}  // namespace clipbench::bench::test
