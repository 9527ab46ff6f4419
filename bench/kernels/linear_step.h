// The linear layers of one training step, without what lies between them: forward, input gradients,
// and weight gradients or what replaces them.
#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <vector>

#include "bench/kernels/layer_shape.h"
#include "bench/methods/catalog.h"
#include "kernels/factors.h"
#include "kernels/linear_norms.h"

namespace clipbench::bench {

/// Random operands in bench_options(), B samples of T tokens; the same in every run, for a step
/// touches more than a cache holds. Factors are given: from norms to factors it is one small
/// launch.
class LinearStep {
 public:
  LinearStep(std::int64_t B, std::int64_t T, const std::vector<LayerShape>& shapes);

  const std::vector<kernels::LinearOperands>& layers() const { return layers_; }
  double flops() const { return flops_; }  ///< of vanilla(): 6BTpd a layer

  void vanilla();  ///< forward, input and weight gradients, a product each
  /// Forward, input gradients, then norms and clipped sums: ways[i] of layer i is stored_fused,
  /// fused_gram, width, gram (T×T matrices in memory), or none: a sum with given factors alone.
  /// Layers of one way share a launch of each kernel. Sums are written in the weights' dtype where
  /// a kernel rounds them in registers, without noise, as weight gradients are; others are added to
  /// f32.
  void clipped(const std::vector<NormWay>& ways);

  std::vector<NormWay> everywhere(NormWay way) const {
    return std::vector<NormWay>(layers_.size(), way);
  }

  /// Of the layer that is furthest off: ‖sum − Σ_i c_i a_iᵀg_i‖ relative to the latter in f64,
  /// after one step from sums of 0.
  double sum_error(const std::vector<NormWay>& ways);

 private:
  at::Tensor expected_sum(std::size_t layer) const;
  void forward_and_input_grads();
  void store_and_sum(const std::vector<std::size_t>& some);
  void norms_of(NormWay way, const std::vector<std::size_t>& some) const;
  void clipped_sums(const std::vector<std::size_t>& some) const;
  std::vector<kernels::LinearOperands> operands(const std::vector<std::size_t>& some) const;

  std::vector<kernels::LinearOperands> layers_;
  std::vector<at::Tensor> weights_, outputs_, input_grads_, weight_grads_;
  std::vector<at::Tensor> sums_;      ///< f32 [d,p]
  std::vector<at::Tensor> expected_;  ///< f64 [d,p], once they are asked for
  kernels::Factors factors_;
  double flops_ = 0;
};

}  // namespace clipbench::bench
