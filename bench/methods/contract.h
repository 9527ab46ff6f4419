// The contract of every method, checked in f64 against native autograd on one sample at a time:
// nothing here shares code with what it checks.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "bench/methods/gradient_error.h"
#include "bench/methods/schedule.h"

namespace clipbench::bench {

/// f64 sums of some thousand products in another order: 1e-15 is typical, 1e-12 leaves three
/// digits.
inline constexpr double kTolerance = 1e-12;

/// g_i of every sample by native autograd, in the order of model.parameters(), the model's dtype;
/// zeros for a parameter that the sample does not use.
std::vector<Tensors> per_sample_gradients(const Model&, const Batch&);

/// Σ c_i g_i of per_sample_gradients, in f64. factors [B], or [layers,B] where every layer has its
/// own; undefined: 1/B.
Tensors sum_one_by_one(const Model&, const Batch&, const Tensor& factors);

/// What a step gave, in f64.
struct StepResult {
  Gradients gradients;
  Tensors sums;  ///< in the order of model.parameters(); undefined where a gradient is missing
};

using MakeRelease = std::function<std::unique_ptr<GradientRelease>(ReleaseOptions, at::Device)>;
std::unique_ptr<GradientRelease> default_release(ReleaseOptions, at::Device);

/// One step, whose gradients are taken from the model again.
StepResult run_step(Schedule&, const Model&, const Batch&, GradientRelease&);
StepResult run_step(Schedule&, const Model&, const Batch&, ReleaseOptions = {},
                    const MakeRelease& = default_release);

struct ContractReport {
  GradientError sum;        ///< S against Σ c_i g_i with the method's own c_i, worst parameter
  double norm_error = 0;    ///< worst |n̂ − n|/n of a sample or group, before the guard
  double least_guard = 0;   ///< min (n_safe − n)/n: negative where a norm is underestimated
  double factor_error = 0;  ///< worst |c_i − clip(n_safe,i)|, relative
  double max_contribution_over_c = 0;  ///< max_i c_i‖g_i‖/C; over all groups together
  std::string violation;               ///< empty, or the first thing that does not hold, in a line
};

/// Norms, factors and sum of one step; that the next step of the same schedule and release gives
/// the same, and an empty batch after them exactly zero: nothing survives a step. `model` in f64;
/// C should lie among the norms: a slack C tests no norm. Vanilla: the mean gradient. `tolerance`
/// applies to all relative errors but the guard's and the contributions', which have none beyond
/// rounding.
ContractReport check_contract(Schedule&, const Model&, const Batch&, const Clipping&,
                              double tolerance = kTolerance, const MakeRelease& = default_release);

/// Every parameter gets noise of standard deviation σC/B̄ of its own, new in every step and with
/// every seed: moments of each tensor within six standard errors, no two tensors, steps or seeds
/// (ranks) correlated beyond six; drawn with more digits than bf16 has. Returns empty or what does
/// not hold.
std::string check_noise(Schedule&, const Model&, const Batch&, ReleaseOptions,
                        const MakeRelease& = default_release);

}  // namespace clipbench::bench
