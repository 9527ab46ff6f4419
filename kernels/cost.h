// What the ways to a linear layer's norm and sum cost, counted: FLOPs, and bytes of memory that are
// written or read beside the operands, once each, and the weight gradient. One count for planning,
// benchmarks and models.
#pragma once

#include <cstdint>

namespace clipbench::kernels {

/// A linear layer p → d, B samples of T tokens.
struct LinearSize {
  std::int64_t B, T, p, d;
};

struct Cost {
  double flops = 0, bytes = 0;

  /// At rates a second, one after the other.
  double seconds(double flops_a_second, double bytes_a_second) const {
    return flops / flops_a_second + bytes / bytes_a_second;
  }
};

/// Plain training's weight gradient gᵀa over B·T tokens; its forward and input gradient cost as
/// much each.
Cost weight_gradient_cost(const LinearSize&);

/// linear_sq_norms_width: every sample's gᵀa, in tiles that are reduced at once.
Cost width_norm_cost(const LinearSize&);

/// linear_sq_norms_fused_gram: the lower triangles of aaᵀ and ggᵀ.
Cost fused_gram_norm_cost(const LinearSize&);

/// linear_sq_norms_gram: both T×T matrices, f32, written and read.
Cost gram_norm_cost(const LinearSize&);

/// linear_stored_gradients: every sample's gᵀa, written in elements of so many bytes.
Cost stored_norm_cost(const LinearSize&, std::int64_t element_bytes);

/// linear_clipped_sum_ of kept operands: factors meet accumulators, so it is a weight gradient.
Cost clipped_sum_cost(const LinearSize&);

/// weighted_sum_ of stored gradients: they are read.
Cost weighted_sum_cost(const LinearSize&, std::int64_t element_bytes);

}  // namespace clipbench::kernels
