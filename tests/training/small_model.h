// Models and comparisons that the training tests share.
#pragma once

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include <ATen/ops/zeros_like.h>

#include "bench/methods/gradient_error.h"
#include "bench/methods/schedule.h"
#include "bench/models/model.h"
#include "bench/models/scaled_losses.h"
#include "bench/models/tokens.h"

namespace clipbench::bench::test {

inline constexpr std::int64_t kVocabulary = 61;

inline std::unique_ptr<Model> small_gpt2(std::int64_t T, at::ScalarType dtype,
                                         at::Device device = at::kCPU, std::uint64_t seed = 7) {
  static const ModelInfo info{"small", 2, 32, 4, kVocabulary, 0, "test"};
  return make_gpt2(info, T, dtype, device, seed);
}

inline Batch small_batch(std::int64_t B, std::int64_t T, at::Device device = at::kCPU) {
  return make_zipf_tokens(kVocabulary, 3)->next(B, T, device);
}

/// The gradients a step leaves, which are then dropped from the model.
struct StepOutcome {
  Gradients gradients;
  Tensors grads;
};

inline StepOutcome run_step(Schedule& schedule, const Model& model, const Batch& batch,
                            double noise_std = 0, double expected_batch = 1) {
  GradientRelease release({noise_std, expected_batch, 11}, model.parameters().front().device());
  StepOutcome out{schedule.step(model, batch, release), {}};
  for (const auto& param : model.parameters()) out.grads.push_back(param.grad());
  model.zero_grad();
  return out;
}

inline std::unique_ptr<Schedule> schedule_of(const std::string& method, double clip_norm,
                                             const std::string& clip = "abadi") {
  return make_schedule(find_method(method), {make_clip_function(clip), clip_norm});
}

inline std::vector<std::string> private_methods() {
  std::vector<std::string> names;
  for (const auto& method : all_methods()) {
    if (method.is_private()) names.push_back(method.name);
  }
  return names;
}

}  // namespace clipbench::bench::test
