// Noise and optimizers' steps on an emulated GPU: noise bit for bit, steps against torch's formulas
// in f64.
#include "kernels/cuda/noised_update.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <deque>
#include <iterator>
#include <random>
#include <span>
#include <vector>

#include "drawn_noise.h"
#include "rows.h"

namespace clipbench::kernels {
namespace {

class EmulatedNoise : public OneGpu {};

/// Wherever it goes and however it is cut; more elements than a sweep of all blocks.
TEST_P(EmulatedNoise, DependsOnSeedStreamAndElementAlone) {
  for (const std::size_t lead : {0, 1, 4}) {
    for (const std::uint64_t first : {0ull, 4ull, 501ull, 1ull << 34, ~0ull >> 2}) {
      for (const std::size_t n : {1, 7, 64, 2563, 2 * 16384 + 24}) {
        const Noise noise{
            .std = 0.5f, .seed = 7ull << 33 | 42, .stream = 3ull << 35, .first = first};
        Rows<float> out(1, n, n, lead);
        cuda::set_noise(out.data(), std::int64_t(n), noise, nullptr);
        std::vector<float> expected;
        for (std::size_t i = 0; i < n; ++i) expected.push_back(noise_of(noise, first + i));
        EXPECT_TRUE(equal(out.elements(0), expected)) << lead << " " << first << " " << n;
        EXPECT_TRUE(out.gaps_are_whole());
      }
    }
  }
}

TEST_P(EmulatedNoise, OfDeviationZeroIsZero) {
  Rows<float> out(1, 50, 50, 0);
  cuda::set_noise(out.data(), 50, {.std = 0, .seed = 1, .stream = 1}, nullptr);
  EXPECT_TRUE(equal(out.elements(0), std::vector<float>(50)));
}

CLIPBENCH_ON_ALL_GPUS(EmulatedNoise);

/// Of one element.
struct State {
  double param, first, second;
};

State stepped(const AdamOptions& o, double grad, const State& old) {
  const double g = grad + (o.decoupled ? 0 : o.weight_decay * old.param);
  const double kept = old.param * (o.decoupled ? 1 - o.learning_rate * o.weight_decay : 1);
  const double m = o.beta1 * old.first + (1 - o.beta1) * g;
  const double v = o.beta2 * old.second + (1 - o.beta2) * g * g;
  const double m_hat = m / (1 - std::pow(o.beta1, o.step));
  const double v_hat = v / (1 - std::pow(o.beta2, o.step));
  return {kept - o.learning_rate * m_hat / (std::sqrt(v_hat) + o.eps), m, v};
}

State stepped(const SgdOptions& o, double grad, const State& old) {
  const double g = grad + o.weight_decay * old.param;
  if (o.momentum == 0) return {old.param - o.learning_rate * g, old.first, old.second};
  const double m = o.first_step ? g : o.momentum * old.first + (1 - o.dampening) * g;
  const double direction = o.nesterov ? g + o.momentum * m : m;
  return {old.param - o.learning_rate * direction, m, old.second};
}

/// The largest, relative to 1 where a value is smaller.
double largest_error(const auto& found, const std::vector<double>& exact) {
  double most = 0;
  for (std::size_t i = 0; i < exact.size(); ++i) {
    const double error = std::abs(float(found[i]) - exact[i]) / std::max(1., std::abs(exact[i]));
    if (std::isnan(error)) return error;
    most = std::max(most, error);
  }
  return most;
}

/// What of a parameter lies on no 16 bytes.
enum class Uneven { nothing, all, grad, param, first, second, copies };
constexpr int kUneven = 7;

/// One parameter and what belongs to it.
template <class Grad, class Param>
struct Tensor {
  std::size_t n;
  Uneven uneven;
  std::uint64_t stream;
  Rows<Grad> grad;
  Rows<Param> param, first, second;
  Rows<cuda::bf16> in_bf16;
  Rows<cuda::f16> in_f16;

  Tensor(std::size_t size, Uneven which, std::uint64_t of_noise, std::mt19937& random)
      : n(size),
        uneven(which),
        stream(of_noise),
        grad(1, n, n, lead_of(Uneven::grad), random),
        param(1, n, n, lead_of(Uneven::param), random),
        first(1, n, n, lead_of(Uneven::first), random),
        second(1, n, n, lead_of(Uneven::second), random),
        in_bf16(1, n, n, lead_of(Uneven::copies)),
        in_f16(1, n, n, lead_of(Uneven::copies)) {
    for (std::size_t i = 0; i < n; ++i) {
      second.data()[i] = Param(std::abs(float(second.data()[i])));
    }
  }

  std::size_t lead_of(Uneven what) const { return uneven == Uneven::all || uneven == what; }

  UpdatedTensor view(int states, void* copy) {
    return {.grad = grad.data(),
            .param = param.data(),
            .states = {states > 0 ? first.data() : nullptr, states > 1 ? second.data() : nullptr},
            .copy = copy,
            .n = std::int64_t(n),
            .noise_stream = stream};
  }
  void* copy_of(Element type) {
    return type == Element::f16 ? static_cast<void*>(in_f16.data()) : in_bf16.data();
  }
  bool gaps_are_whole() const {
    return param.gaps_are_whole() && first.gaps_are_whole() && second.gaps_are_whole() &&
           in_bf16.gaps_are_whole() && in_f16.gaps_are_whole();
  }
};

class EmulatedNoisedUpdate : public OneGpu {
 protected:
  /// Of several blocks, of one and of none.
  static constexpr std::size_t kSizes[] = {1, 35, 264, 8192 + 13, 77, 40, 48, 0, 7, 16400};

  template <class Grad, class Param>
  std::deque<Tensor<Grad, Param>> some_tensors(std::size_t count) {
    std::deque<Tensor<Grad, Param>> tensors;
    for (std::size_t k = 0; k < count; ++k) {
      const std::size_t size = k < std::size(kSizes) ? kSizes[k] : 5 + k % 9 * 3;
      tensors.emplace_back(size, Uneven(k % kUneven), 1000 + 3 * k, random);
    }
    return tensors;
  }

  template <class Grad, class Param>
  static std::vector<State> expected(const Tensor<Grad, Param>& tensor, const auto& options,
                                     Noise noise) {
    noise.stream = tensor.stream;
    std::vector<State> states;
    for (std::size_t i = 0; i < tensor.n; ++i) {
      const double drawn = noise.std == 0 ? 0 : noise_of(noise, i);
      states.push_back(
          stepped(options, tensor.grad.at(0, i) + drawn,
                  {tensor.param.at(0, i), tensor.first.at(0, i), tensor.second.at(0, i)}));
    }
    return states;
  }

  template <class Rule, class Grad, class Param, class Options>
  static void step(std::deque<Tensor<Grad, Param>>& tensors, const Options& options,
                   const Noise& noise, const Element* copy = nullptr) {
    std::vector<UpdatedTensor> views;
    for (auto& tensor : tensors) {
      void* to = nullptr;
      if (copy) to = tensor.copy_of(*copy);
      views.push_back(tensor.view(Rule::kStates, to));
    }
    cuda::UpdateTypes types{kElement<Grad>, kElement<Param>};
    if (copy) types.copy = *copy;
    cuda::noised_update(std::span<const UpdatedTensor>(views), types, Rule(options), noise,
                        nullptr);
  }

  template <class Param>
  static void expect_values(const Rows<Param>& found, const std::vector<State>& states,
                            double State::*member, const char* what) {
    std::vector<double> exact;
    for (const State& state : states) exact.push_back(state.*member);
    EXPECT_LE(largest_error(found.data(), exact), kRounding<Param>)
        << what << " of " << found.size << " behind " << found.lead;
  }

  template <class Rule, class Options>
  void check(const Options& options, const Noise& noise, std::size_t count = std::size(kSizes)) {
    for_types([&]<class Grad>(Grad) {
      for_types([&]<class Param>(Param) {
        auto tensors = some_tensors<Grad, Param>(count);
        std::vector<std::vector<State>> exact;
        for (const auto& tensor : tensors) exact.push_back(expected(tensor, options, noise));
        step<Rule>(tensors, options, noise);
        for (std::size_t k = 0; k < count; ++k) {
          expect_values(tensors[k].param, exact[k], &State::param, "parameter");
          expect_values(tensors[k].first, exact[k], &State::first, "first state");
          expect_values(tensors[k].second, exact[k], &State::second, "second state");
          EXPECT_TRUE(tensors[k].gaps_are_whole());
        }
      });
    });
  }

  template <class Copy>
  static void expect_copy(const Rows<Copy>& found, const Rows<float>& param) {
    std::vector<Copy> rounded;
    for (const float value : param.elements(0)) rounded.push_back(Copy(value));
    EXPECT_TRUE(equal(found.elements(0), rounded)) << found.size << " behind " << found.lead;
  }

  template <class Rule>
  void check_copies(const auto& options) {
    auto tensors = some_tensors<cuda::bf16, float>(std::size(kSizes));
    for (const Element type : {Element::bf16, Element::f16}) {
      step<Rule>(tensors, options, kNoise, &type);
      for (const auto& tensor : tensors) {
        if (type == Element::bf16) expect_copy(tensor.in_bf16, tensor.param);
        if (type == Element::f16) expect_copy(tensor.in_f16, tensor.param);
        EXPECT_TRUE(tensor.gaps_are_whole());
      }
    }
  }

  static constexpr Noise kNone{};
  // A tensor's stream is its own, and its elements are counted from 0.
  static constexpr Noise kNoise{.std = 0.7f, .seed = 5, .stream = 31, .first = 1000};
  // Numbers of few bits: 1 − β is exact in f32.
  AdamOptions adam{0.125, 0.875, 0.984375, 0.1, 0.25, /*decoupled=*/false, /*step=*/3};
  SgdOptions sgd{0.125, 0, 0, 0.25, /*nesterov=*/false, /*first_step=*/false};
};

TEST_P(EmulatedNoisedUpdate, IsTorchsAdamOfTheNoisyGradient) {
  for (const bool decoupled : {false, true}) {
    adam.decoupled = decoupled;
    check<AdamRule>(adam, decoupled ? kNone : kNoise);
  }
}

TEST_P(EmulatedNoisedUpdate, IsTorchsSgdOfTheNoisyGradient) {
  check<SgdRule>(sgd, kNone);
  check<SgdRule>(sgd, kNoise);
}

TEST_P(EmulatedNoisedUpdate, IsTorchsSgdWithMomentumOfTheNoisyGradient) {
  sgd.momentum = 0.875;
  for (const bool nesterov : {false, true}) {
    sgd.nesterov = nesterov;
    sgd.dampening = nesterov ? 0 : 0.25;
    check<MomentumRule>(sgd, nesterov ? kNone : kNoise);
  }
}

TEST_P(EmulatedNoisedUpdate, ReadsNoMomentumOnAFirstStep) {
  sgd.momentum = 0.875;
  sgd.dampening = 0.25;
  sgd.first_step = true;
  auto tensors = some_tensors<cuda::bf16, float>(4);
  for (auto& tensor : tensors) {
    const auto exact = expected(tensor, sgd, kNone);
    tensor.first.spoil(0);
    std::deque<Tensor<cuda::bf16, float>> one;
    one.push_back(std::move(tensor));
    step<MomentumRule>(one, sgd, kNone);
    expect_values(one[0].param, exact, &State::param, "parameter");
    expect_values(one[0].first, exact, &State::first, "momentum");
  }
}

TEST_P(EmulatedNoisedUpdate, TakesMoreTensorsThanALaunch) {
  auto tensors = some_tensors<float, float>(110);
  std::vector<std::vector<State>> exact;
  for (const auto& tensor : tensors) exact.push_back(expected(tensor, adam, kNoise));
  step<AdamRule>(tensors, adam, kNoise);
  for (std::size_t k = 0; k < tensors.size(); ++k) {
    expect_values(tensors[k].param, exact[k], &State::param, "parameter");
  }
}

TEST_P(EmulatedNoisedUpdate, CopiesAreTheNewParametersRounded) {
  check_copies<AdamRule>(adam);
  check_copies<SgdRule>(sgd);
}

CLIPBENCH_ON_ALL_GPUS(EmulatedNoisedUpdate);

}  // namespace
}  // namespace clipbench::kernels
