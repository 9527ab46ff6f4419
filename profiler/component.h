// Who a byte belongs to. The keys are stable: records, figures and comparisons rely on them.
#pragma once

#include <array>
#include <cstddef>

namespace clipbench::profiler {

enum class Component : unsigned char {
  parameters,
  gradients,
  optimizer_state,
  activations,  ///< saved by the forward pass for the backward pass
  logits_and_loss,
  dp_saved,  ///< held for differential privacy alone
  per_sample_gradients,
  norms,  ///< per-sample gradient norms and factors
  gram,   ///< temporary matrices of a norm way
  activation_gradients,
  noise,
  batch,
  workspace,  ///< cuBLAS, cuDNN; what kernels need while they form a clipped sum
  communication,
  temporary,
  rounding,  ///< the allocator's block minus what was asked
};

inline constexpr std::size_t kComponents = 16;

inline constexpr std::array<const char*, kComponents> kComponentNames = {"parameters",
                                                                         "gradients",
                                                                         "optimizer_state",
                                                                         "activations",
                                                                         "logits_and_loss",
                                                                         "dp_saved",
                                                                         "per_sample_gradients",
                                                                         "norms",
                                                                         "gram",
                                                                         "activation_gradients",
                                                                         "noise",
                                                                         "batch",
                                                                         "workspace",
                                                                         "communication",
                                                                         "temporary",
                                                                         "rounding"};

inline const char* to_string(Component c) { return kComponentNames[static_cast<std::size_t>(c)]; }

}  // namespace clipbench::profiler
