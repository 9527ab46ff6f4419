// The fused noise and Adam step against torch's own on a GPU.
#include <ATen/ops/_fused_adam.h>
#include <ATen/ops/_fused_adamw.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/rand.h>
#include <ATen/ops/randn.h>
#include <ATen/ops/randn_like.h>
#include <ATen/ops/tensor.h>
#include <ATen/ops/zeros.h>

#include "cuda_test.h"
#include "kernels/noise_adam.h"

namespace clipbench::kernels {
namespace {

using Tensors = std::vector<at::Tensor>;

struct State {
  Tensors params, first, second;
};

Tensors clones(const Tensors& all) {
  Tensors out;
  for (const auto& t : all) out.push_back(t.clone());
  return out;
}

class CudaNoiseAdam : public CudaTest {
 protected:
  /// 60 tensors: more than one launch; odd sizes among them, none so small that its norm may be
  /// next to nothing.
  State some_state(at::TensorOptions options) const {
    State state;
    for (std::int64_t i = 0; i < 60; ++i) {
      const auto n = i % 3 == 0 ? 3 * i + 13 : 9000 + 8 * i;
      state.params.push_back(at::randn({n}, options));
      state.first.push_back(at::randn({n}, options).mul_(0.1));
      state.second.push_back(at::rand({n}, options).mul_(0.01));
    }
    return state;
  }
  Tensors some_grads(const State& state) const {
    Tensors grads;
    for (const auto& p : state.params) grads.push_back(at::randn_like(p));
    return grads;
  }
  static void torch_step(State& state, const Tensors& grads, const AdamOptions& o) {
    const Tensors steps(grads.size(), at::tensor(static_cast<double>(o.step), at::kFloat).cuda());
    const auto run = [&](auto&& fused) {
      fused(state.params, grads, state.first, state.second, Tensors{}, steps, o.learning_rate,
            o.beta1, o.beta2, o.weight_decay, o.eps, false, false);
    };
    if (o.decoupled) {
      run([](auto&&... args) { at::_fused_adamw_(args...); });
    } else {
      run([](auto&&... args) { at::_fused_adam_(args...); });
    }
  }
  static AdamLists lists(State& state, const Tensors& grads, const Tensors& copies = {}) {
    return {grads, state.params, state.first, state.second, copies};
  }
  AdamOptions adam{1e-2, 0.9, 0.999, 1e-8, 0.1, /*decoupled=*/false, /*step=*/3};
};

TEST_F(CudaNoiseAdam, WithoutNoiseIsTorchsFusedStep) {
  for (const bool decoupled : {false, true}) {
    for (const auto& options : {f32, bf16, f16}) {
      auto state = some_state(options);
      const auto grads = some_grads(state);
      State expected{clones(state.params), clones(state.first), clones(state.second)};
      adam.decoupled = decoupled;
      noise_adam_(lists(state, grads), adam, Noise{});
      torch_step(expected, grads, adam);
      const double tolerance = options.dtype() == at::kFloat ? 1e-6 : 4e-3;  // bf16: a last place
      for (std::size_t k = 0; k < grads.size(); ++k) {
        EXPECT_LE(relative(state.params[k], expected.params[k]), tolerance) << k;
        EXPECT_LE(relative(state.first[k], expected.first[k]), tolerance) << k;
        EXPECT_LE(relative(state.second[k], expected.second[k]), tolerance) << k;
      }
    }
  }
}

TEST_F(CudaNoiseAdam, NoiseIsThatOfTheTensorsOwnStream) {
  auto state = some_state(f32);
  auto grads = some_grads(state);
  State expected{clones(state.params), clones(state.first), clones(state.second)};
  const Noise noise{.std = 0.7f, .seed = 5, .stream = 100};
  noise_adam_(lists(state, grads), adam, noise);
  for (std::size_t k = 0; k < grads.size(); ++k) {
    auto own = noise;
    own.stream += k;
    auto drawn = at::empty(grads[k].sizes(), f32);
    set_noise_(drawn, own);
    grads[k].add_(drawn);
  }
  noise_adam_(lists(expected, grads), adam, Noise{});
  for (std::size_t k = 0; k < grads.size(); ++k) {
    EXPECT_LE(relative(state.params[k], expected.params[k]), 1e-6) << k;
  }
}

TEST_F(CudaNoiseAdam, CopiesAreTheNewParametersRounded) {
  for (const auto& options : {bf16, f16}) {
    auto state = some_state(f32);
    const auto grads = some_grads(state);
    Tensors copies;
    for (const auto& p : state.params) copies.push_back(at::empty(p.sizes(), options));
    noise_adam_(lists(state, grads, copies), adam, Noise{});
    for (std::size_t k = 0; k < copies.size(); ++k) {
      EXPECT_TRUE(copies[k].equal(state.params[k].to(copies[k].scalar_type()))) << k;
    }
  }
}

}  // namespace
}  // namespace clipbench::kernels
