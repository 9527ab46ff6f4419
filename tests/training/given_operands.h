// Models made for one question: a layer whose operands are given, and a layer that is called twice
// or not at all.
#pragma once

#include <memory>

#include <ATen/CPUGeneratorImpl.h>
#include <ATen/ops/arange.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/zeros.h>

#include "bench/layers/linear.h"
#include "bench/models/model.h"

namespace clipbench::bench::test {

/// Standard normal values, the same on every call.
inline Tensor normal(at::IntArrayRef sizes, std::uint64_t seed,
                     at::ScalarType dtype = at::kDouble) {
  auto generator = at::make_generator<at::CPUGeneratorImpl>(seed);
  return at::empty(sizes, at::kDouble).normal_(0, 1, generator).to(dtype);
}

/// One linear layer p → d with bias. Sample i's activations are a[i] and its output gradients
/// exactly g[i].
class GivenOperands final : public Model {
 public:
  /// a [N,T,p], g [N,T,d].
  GivenOperands(Tensor a, Tensor g) : a_(std::move(a)), g_(std::move(g)) {
    const auto d = g_.size(2), p = a_.size(2);
    layer_ =
        add("layer", linear_rule(), {at::zeros({d, p}, a_.options()), at::zeros({d}, a_.options())},
            {"weight", "bias"});
  }

  /// All samples, in order.
  Batch batch() const {
    const auto ids = at::arange(a_.size(0), a_.options().dtype(at::kLong)).unsqueeze(1);
    return {ids, ids};
  }

  Tensor losses(const Batch& batch, Tape* tape) const override {
    const auto samples = batch.ids.select(1, 0);
    const auto y = apply(*layer_, a_.index_select(0, samples), tape);
    return y.mul(g_.index_select(0, samples)).sum(at::IntArrayRef{1, 2});
  }

 private:
  Tensor a_, g_;
  const Layer* layer_;
};

/// a·W1ᵀ·…: the first layer is called `uses` times, the second once, the third never.
class ManyUses final : public Model {
 public:
  ManyUses(int uses, at::ScalarType dtype) : uses_(uses), x_(normal({5, 6, 8}, 1, dtype)) {
    const char* names[] = {"first", "second", "third"};
    for (int k = 0; k < 3; ++k) {
      add(names[k], linear_rule(), {normal({8, 8}, 2 + k, dtype).mul_(0.3)}, {"weight"});
    }
  }

  Batch batch() const {
    const auto ids = at::arange(x_.size(0), at::kLong).unsqueeze(1);
    return {ids, ids};
  }

  Tensor losses(const Batch& batch, Tape* tape) const override {
    auto x = x_.index_select(0, batch.ids.select(1, 0));
    for (int use = 0; use < uses_; ++use) x = apply(*layers()[0], x, tape).tanh();
    return apply(*layers()[1], x, tape).square().sum(at::IntArrayRef{1, 2});
  }

 private:
  int uses_;
  Tensor x_;
};

}  // namespace clipbench::bench::test
