// Noise and an optimizer's step in one pass against torch's own steps, on the CPU and on a GPU.
#include <ATen/ops/_fused_adam.h>
#include <ATen/ops/_fused_adamw.h>
#include <ATen/ops/_fused_sgd.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/empty_like.h>
#include <ATen/ops/full.h>
#include <ATen/ops/rand.h>
#include <ATen/ops/randn.h>
#include <ATen/ops/randn_like.h>
#include <ATen/ops/tensor.h>

#include <algorithm>

#include "cuda_test.h"
#include "kernels/noised_update.h"

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

Tensors in_f32(const Tensors& all) {
  Tensors out;
  for (const auto& t : all) out.push_back(t.to(at::kFloat, /*non_blocking=*/false, /*copy=*/true));
  return out;
}

State clones(const State& state) {
  return {clones(state.params), clones(state.first), clones(state.second)};
}

class NoisedUpdate : public testing::TestWithParam<at::DeviceType> {
 protected:
  void SetUp() override {
    if (GetParam() == at::kCUDA && c10::cuda::device_count() == 0) GTEST_SKIP() << "no CUDA device";
  }

  static at::TensorOptions options(at::ScalarType type) {
    return at::TensorOptions().device(GetParam()).dtype(type);
  }

  /// 60 tensors: more than one launch; odd sizes among them, none so small that its norm may be
  /// next to nothing.
  static State some_state(at::ScalarType type) {
    State state;
    for (std::int64_t i = 0; i < 60; ++i) {
      const auto n = i % 3 == 0 ? 3 * i + 13 : 9000 + 8 * i;
      state.params.push_back(at::randn({n}, options(type)));
      state.first.push_back(at::randn({n}, options(type)).mul_(0.1));
      state.second.push_back(at::rand({n}, options(type)).add_(0.1).mul_(0.01));
    }
    return state;
  }
  static Tensors some_grads(const State& state) {
    Tensors grads;
    for (const auto& p : state.params) grads.push_back(at::randn_like(p));
    return grads;
  }
  static void torch_step(State& state, const Tensors& grads, const AdamOptions& o) {
    const Tensors steps(grads.size(),
                        at::tensor(static_cast<double>(o.step), at::kFloat).to(GetParam()));
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
  static void torch_step(State& state, const Tensors& grads, const SgdOptions& o) {
    const Tensors momenta = o.momentum == 0 ? Tensors{} : state.first;
    at::_fused_sgd_(state.params, grads, momenta, o.weight_decay, o.momentum, o.learning_rate,
                    o.dampening, o.nesterov, /*maximize=*/false, o.first_step);
  }
  static void step(State& state, const Tensors& grads, const AdamOptions& o,
                   const Noise& noise = {}, const Tensors& copies = {}) {
    noise_adam_({grads, state.params, state.first, state.second, copies}, o, noise);
  }
  static void step(State& state, const Tensors& grads, const SgdOptions& o, const Noise& noise = {},
                   const Tensors& copies = {}) {
    noise_sgd_({grads, state.params, state.first, copies}, o, noise);
  }

  /// Without noise, in every dtype: torch's step of the same values in f32, rounded. (Its own of
  /// narrow values on a CPU is none: LibTorch 2.11's _fused_sgd_ leaves them as they are.)
  template <class Options>
  static void expect_torchs_step(const Options& with) {
    for (const auto type : {at::kFloat, at::kBFloat16, at::kHalf}) {
      auto state = some_state(type);
      const auto grads = some_grads(state);
      State expected{in_f32(state.params), in_f32(state.first), in_f32(state.second)};
      step(state, grads, with);
      torch_step(expected, in_f32(grads), with);
      // One rounding; and where LibTorch takes 1 − β₂ = 0.001 in f64, as on a CPU, f32's is 5e-5
      // off, in a tenth of the second moment.
      const double tolerance = type == at::kFloat ? 1e-6 : type == at::kHalf ? 5e-4 : 4e-3;
      for (std::size_t k = 0; k < grads.size(); ++k) {
        EXPECT_LE(relative(state.params[k], expected.params[k]), tolerance) << type << " " << k;
        EXPECT_LE(relative(state.first[k], expected.first[k]), tolerance) << type << " " << k;
        EXPECT_LE(relative(state.second[k], expected.second[k]), std::max(tolerance, 1.3e-5))
            << type << " " << k;
      }
    }
  }

  template <class Options>
  static void expect_own_streams_noise(const Options& with) {
    auto state = some_state(at::kFloat);
    auto grads = some_grads(state);
    auto expected = clones(state);
    const Noise noise{.std = 0.7f, .seed = 5, .stream = 100};
    step(state, grads, with, noise);
    for (std::size_t k = 0; k < grads.size(); ++k) {
      auto own = noise;
      own.stream += k;
      auto drawn = at::empty_like(grads[k]);
      set_noise_(drawn, own);
      grads[k].add_(drawn);
    }
    step(expected, grads, with);
    for (std::size_t k = 0; k < grads.size(); ++k) {
      EXPECT_LE(relative(state.params[k], expected.params[k]), 1e-6) << k;
    }
  }

  AdamOptions adam{1e-2, 0.9, 0.999, 1e-8, 0.1, /*decoupled=*/false, /*step=*/3};
  SgdOptions sgd{1e-2, 0, 0, 0.1, /*nesterov=*/false, /*first_step=*/false};
};

TEST_P(NoisedUpdate, WithoutNoiseIsTorchsFusedAdam) {
  for (const bool decoupled : {false, true}) {
    adam.decoupled = decoupled;
    expect_torchs_step(adam);
  }
}

TEST_P(NoisedUpdate, WeighsSquaresByOneMinusBetaOfF64) {
  adam.beta2 = 0.99999;  // 1 − β₂ of f32 is 1.4e-3 off
  auto state = some_state(at::kFloat);
  for (auto& second : state.second) second.mul_(1e-3);
  const auto before = clones(state.second);
  const auto grads = some_grads(state);
  adam.weight_decay = 0;
  step(state, grads, adam);
  for (std::size_t k = 0; k < grads.size(); ++k) {
    const auto squares = grads[k].to(at::kDouble).square().mul(1 - adam.beta2);
    EXPECT_LE(relative(state.second[k], before[k].to(at::kDouble).mul(adam.beta2).add(squares)),
              1e-6)
        << k;
  }
}

TEST_P(NoisedUpdate, TellsAutogradWhatWasWritten) {
  auto state = some_state(at::kFloat);
  const auto grads = some_grads(state);
  const auto version = state.params[0]._version(), of_moment = state.first[0]._version();
  step(state, grads, adam);
  EXPECT_GT(state.params[0]._version(), version);
  EXPECT_GT(state.first[0]._version(), of_moment);
}

TEST_P(NoisedUpdate, WithoutNoiseIsTorchsFusedSgd) { expect_torchs_step(sgd); }

TEST_P(NoisedUpdate, WithoutNoiseIsTorchsFusedSgdWithMomentum) {
  sgd.momentum = 0.9;
  for (const bool nesterov : {false, true}) {
    for (const double dampening : {0.0, nesterov ? 0.0 : 0.3}) {
      sgd.nesterov = nesterov;
      sgd.dampening = dampening;
      expect_torchs_step(sgd);
    }
  }
}

TEST_P(NoisedUpdate, FirstStepsReadNoMomentum) {
  sgd.momentum = 0.9;
  sgd.dampening = 0.3;
  sgd.first_step = true;
  auto state = some_state(at::kFloat);
  const auto grads = some_grads(state);
  auto expected = clones(state);
  torch_step(expected, grads, sgd);
  for (auto& momentum : state.first) momentum.fill_(NAN);
  step(state, grads, sgd);
  for (std::size_t k = 0; k < grads.size(); ++k) {
    EXPECT_LE(relative(state.params[k], expected.params[k]), 1e-6) << k;
    EXPECT_LE(relative(state.first[k], expected.first[k]), 1e-6) << k;
  }
}

TEST_P(NoisedUpdate, NoiseIsThatOfTheTensorsOwnStream) {
  expect_own_streams_noise(adam);
  expect_own_streams_noise(sgd);
}

TEST_P(NoisedUpdate, CopiesAreTheNewParametersRounded) {
  for (const auto type : {at::kBFloat16, at::kHalf}) {
    auto state = some_state(at::kFloat);
    const auto grads = some_grads(state);
    Tensors copies;
    for (const auto& p : state.params) copies.push_back(at::empty(p.sizes(), options(type)));
    const auto expect_copies = [&] {
      for (std::size_t k = 0; k < copies.size(); ++k) {
        EXPECT_TRUE(copies[k].equal(state.params[k].to(type))) << k;
      }
    };
    step(state, grads, adam, Noise{}, copies);
    expect_copies();
    step(state, grads, sgd, Noise{}, copies);
    expect_copies();
  }
}

TEST_P(NoisedUpdate, ListsThatDoNotFitAreRefused) {
  const State state = some_state(at::kFloat);
  const auto grads = some_grads(state);
  const Tensors fewer(grads.begin(), grads.end() - 1), none;
  EXPECT_THROW(noise_adam_({fewer, state.params, state.first, state.second, none}, adam, {}),
               c10::Error);
  EXPECT_THROW(noise_adam_({grads, state.params, state.first, none, none}, adam, {}), c10::Error);
  EXPECT_THROW(noise_adam_({grads, state.params, state.first, state.second, grads}, adam, {}),
               c10::Error);  // f32 copies
  sgd.momentum = 0.9;
  EXPECT_THROW(noise_sgd_({grads, state.params, none, none}, sgd, {}), c10::Error);
  adam.step = 0;
  EXPECT_THROW(noise_adam_({grads, state.params, state.first, state.second, none}, adam, {}),
               c10::Error);
}

INSTANTIATE_TEST_SUITE_P(Cpu, NoisedUpdate, testing::Values(at::kCPU),
                         [](const auto&) { return "cpu"; });
INSTANTIATE_TEST_SUITE_P(Cuda, NoisedUpdate, testing::Values(at::kCUDA),
                         [](const auto&) { return "cuda"; });

}  // namespace
}  // namespace clipbench::kernels
