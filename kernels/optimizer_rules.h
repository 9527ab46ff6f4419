// What optimizers do to one element, in f32: the same lines on a CPU and on a GPU.
#pragma once

#include <cmath>
#include <cstdint>

#ifdef __CUDACC__
#define CLIPBENCH_HOST_DEVICE __host__ __device__
#else
#define CLIPBENCH_HOST_DEVICE
#endif

namespace clipbench::kernels {

struct AdamOptions {
  double learning_rate, beta1, beta2, eps, weight_decay;
  bool decoupled;     ///< AdamW: the decay is not part of the gradient
  std::int64_t step;  ///< from 1
};

/// Without momentum, dampening and nesterov mean nothing.
struct SgdOptions {
  double learning_rate, momentum, dampening, weight_decay;
  bool nesterov;
  bool first_step;  ///< momenta hold nothing yet
};

/// torch's Adam and AdamW. States: first and second moment.
struct AdamRule {
  static constexpr int kStates = 2;
  float beta1, beta2, of_gradient, of_square;  // the last two: 1 − β, which f32 has only roughly
  float step_size, root_correction, eps, decay_of_gradient, keep;

  explicit AdamRule(const AdamOptions& o)
      : beta1(static_cast<float>(o.beta1)),
        beta2(static_cast<float>(o.beta2)),
        of_gradient(static_cast<float>(1 - o.beta1)),
        of_square(static_cast<float>(1 - o.beta2)),
        step_size(static_cast<float>(o.learning_rate / correction(o.beta1, o.step))),
        root_correction(static_cast<float>(1 / std::sqrt(correction(o.beta2, o.step)))),
        eps(static_cast<float>(o.eps)),
        decay_of_gradient(o.decoupled ? 0.f : static_cast<float>(o.weight_decay)),
        keep(o.decoupled ? static_cast<float>(1 - o.learning_rate * o.weight_decay) : 1.f) {}

  CLIPBENCH_HOST_DEVICE void apply(float grad, float& param, float& m, float& v) const {
    const float g = grad + decay_of_gradient * param;
    m = beta1 * m + of_gradient * g;
    v = beta2 * v + of_square * g * g;
    param = keep * param - step_size * m / (sqrtf(v) * root_correction + eps);
  }

 private:
  static double correction(double beta, std::int64_t step) {
    return 1 - std::pow(beta, static_cast<double>(step));
  }
};

/// torch's SGD without momentum.
struct SgdRule {
  static constexpr int kStates = 0;
  float learning_rate, weight_decay;

  explicit SgdRule(const SgdOptions& o)
      : learning_rate(static_cast<float>(o.learning_rate)),
        weight_decay(static_cast<float>(o.weight_decay)) {}

  CLIPBENCH_HOST_DEVICE void apply(float grad, float& param) const {
    param -= learning_rate * (grad + weight_decay * param);
  }
};

/// torch's SGD with momentum. State: the momentum.
struct MomentumRule {
  static constexpr int kStates = 1;
  float learning_rate, weight_decay, of_momentum, of_gradient, ahead, of_direct;

  explicit MomentumRule(const SgdOptions& o)
      : learning_rate(static_cast<float>(o.learning_rate)),
        weight_decay(static_cast<float>(o.weight_decay)),
        of_momentum(o.first_step ? 0.f : static_cast<float>(o.momentum)),
        of_gradient(o.first_step ? 1.f : static_cast<float>(1 - o.dampening)),
        ahead(o.nesterov ? static_cast<float>(o.momentum) : 1.f),
        of_direct(o.nesterov ? 1.f : 0.f) {}

  CLIPBENCH_HOST_DEVICE void apply(float grad, float& param, float& momentum) const {
    const float g = grad + weight_decay * param;
    momentum = of_momentum == 0.f ? of_gradient * g : of_momentum * momentum + of_gradient * g;
    param -= learning_rate * (of_direct * g + ahead * momentum);
  }
};

/// rule.apply with as many states as it has; state(s) is a float&.
template <class Rule, class State>
CLIPBENCH_HOST_DEVICE void apply_rule(const Rule& rule, float grad, float& param,
                                      const State& state) {
  if constexpr (Rule::kStates == 0) {
    rule.apply(grad, param);
  } else if constexpr (Rule::kStates == 1) {
    rule.apply(grad, param, state(0));
  } else {
    rule.apply(grad, param, state(0), state(1));
  }
}

}  // namespace clipbench::kernels
