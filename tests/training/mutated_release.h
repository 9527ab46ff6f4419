// A release with one thing wrong. It draws its own noise, from a seed for every run, parameter and
// step, so that each defect has a counterpart that differs in nothing else. Every sum goes through
// an accumulator, on a GPU, too: no kernel releases one past the defect.
#pragma once

#include <map>

#include <ATen/CPUGeneratorImpl.h>
#include <ATen/ops/empty_like.h>

#include "bench/methods/gradient_release.h"

namespace clipbench::bench::test {

enum class ReleaseDefect {
  none,
  same_noise_for_tensors,
  same_noise_for_steps,
  same_noise_for_seeds,
  noise_in_bf16,
  noise_over_the_realised_batch,
  noise_in_every_physical_batch,
  no_noise_for_one_layer,
  keeps_the_last_sum,
  does_not_zero,
  adds_uses,
  drops_one_layer,
};

/// `named`: the layer, where the defect is one layer's.
class MutatedRelease final : public GradientRelease {
 public:
  using Defect = ReleaseDefect;

  MutatedRelease(ReleaseOptions options, at::Device device, Defect defect, std::string named = "")
      : GradientRelease({0, options.expected_batch, 0}, device),
        options_(options),
        defect_(defect),
        named_(std::move(named)) {}

  Tensor accumulator(const Layer& layer, std::size_t which, std::int64_t first_row,
                     std::int64_t rows) override {
    auto sum = GradientRelease::accumulator(layer, which, first_row, rows);
    auto& state = states_[layer.params[which].unsafeGetTensorImpl()];
    if (state.index == 0) state.index = states_.size();
    if (is(Defect::does_not_zero)) sum.add_(1e-3);
    if (!state.open && state.last.defined()) sum.add_(state.last);
    if (!state.open || is(Defect::noise_in_every_physical_batch)) add_noise(layer, state, sum);
    state.open = true;
    return sum;
  }

  void weighted_sum(const Layer& layer, std::size_t which, Tensor rows,
                    const Factors& factors) override {
    SumTarget::weighted_sum(layer, which, std::move(rows), factors);
  }

  void product_sum(const Layer& layer, std::size_t which, const kernels::LinearOperands& operands,
                   const Factors& factors) override {
    SumTarget::product_sum(layer, which, operands, factors);
  }

  void complete(const Layer& layer, std::size_t which, std::int64_t first_row,
                Tensor sum) override {
    auto& grad = layer.params[which].mutable_grad();
    if (is(Defect::drops_one_layer) && layer.name == named_) return;
    if (is(Defect::adds_uses) && grad.defined()) {
      grad.add_(sum);
      return;
    }
    GradientRelease::complete(layer, which, first_row, std::move(sum));
  }

 private:
  struct State {
    std::uint64_t index = 0, draws = 0;
    bool open = false;  ///< its sum of this step has begun
    Tensor last;
  };

  void release(const Layer& layer, std::size_t which, std::int64_t first_row, Tensor sum) override {
    auto& state = states_[layer.params[which].unsafeGetTensorImpl()];
    state.open = false;
    if (is(Defect::keeps_the_last_sum) && layer.name == named_) state.last = sum.clone();
    GradientRelease::release(layer, which, first_row, std::move(sum));
  }

  bool is(Defect defect) const { return defect_ == defect; }

  std::uint64_t seed_of(const State& state) const {
    const auto run = is(Defect::same_noise_for_seeds) ? 0 : options_.seed;
    const auto tensor = is(Defect::same_noise_for_tensors) ? 0 : state.index;
    const auto step = is(Defect::same_noise_for_steps) ? 0 : state.draws;
    return (run * 1009 + tensor) * 100003 + step;
  }

  void add_noise(const Layer& layer, State& state, Tensor& sum) const {
    ++state.draws;
    if (options_.noise_std == 0) return;
    if (is(Defect::no_noise_for_one_layer) && layer.name == named_) return;
    const double divisor = is(Defect::noise_over_the_realised_batch) ? 3 : options_.expected_batch;
    auto generator = at::make_generator<at::CPUGeneratorImpl>(seed_of(state));
    const auto z = at::empty_like(sum).normal_(0, options_.noise_std / divisor, generator);
    sum.add_(is(Defect::noise_in_bf16) ? z.to(at::kBFloat16) : z);
  }

  ReleaseOptions options_;
  Defect defect_;
  std::string named_;
  std::map<const c10::TensorImpl*, State> states_;
};

}  // namespace clipbench::bench::test
