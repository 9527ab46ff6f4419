// Every optimizer's step against its formula in f64.
#include "bench/optim/optimizer.h"

#include <ATen/ops/randn.h>
#include <gtest/gtest.h>

#include <string>
#include <tuple>

namespace clipbench::bench {
namespace {

using OptimizerCase = std::tuple<std::string, at::ScalarType>;

class OptimizerStep : public testing::TestWithParam<OptimizerCase> {};

/// Of the first step: moments start at zero, so Adam's corrected ones are g and g².
at::Tensor expected_change(const std::string& name, const at::Tensor& param, const at::Tensor& grad,
                           const OptimizerOptions& o) {
  const auto g = name == "adamw" ? grad : grad.add(param, o.weight_decay);
  const auto direction = name == "sgd" ? g : g.div(g.abs().add(o.eps));
  const auto decayed = name == "adamw" ? param.mul(o.weight_decay) : param.mul(0);
  return direction.add(decayed).mul(-o.learning_rate);
}

TEST_P(OptimizerStep, IsItsFormula) {
  const auto& [name, type] = GetParam();
  const OptimizerOptions options{.learning_rate = 0.25, .weight_decay = 0.1};
  Tensors params, before, grads;
  for (const std::int64_t n : {5, 4099}) {
    params.push_back(at::randn({n}, at::TensorOptions().dtype(type)));
    before.push_back(params.back().to(at::kDouble).clone());
    params.back().mutable_grad() = at::randn({n}, at::TensorOptions().dtype(type));
    grads.push_back(params.back().grad().to(at::kDouble));
  }
  make_optimizer(name, params, options)->step();
  // A rounding of parameters that are four times as large as their change.
  const double tolerance = type == at::kBFloat16 ? 0.02 : 1e-5;
  for (std::size_t k = 0; k < params.size(); ++k) {
    const auto change = params[k].to(at::kDouble).sub(before[k]);
    const auto expected = expected_change(name, before[k], grads[k], options);
    EXPECT_LE(change.sub(expected).norm().div(expected.norm()).item<double>(), tolerance) << k;
  }
}

INSTANTIATE_TEST_SUITE_P(All, OptimizerStep,
                         testing::Combine(testing::Values("sgd", "adam", "adamw"),
                                          testing::Values(at::kFloat, at::kDouble, at::kBFloat16)),
                         [](const auto& info) {
                           return std::get<0>(info.param) + "_" +
                                  c10::toString(std::get<1>(info.param));
                         });

}  // namespace
}  // namespace clipbench::bench
