#include "bench/kernels/overhead_model.h"

#include <c10/util/Exception.h>

#include "kernels/cost.h"

namespace clipbench::bench {
namespace {

/// What a way adds to plain training's products.
kernels::Cost added(NormWay way, const kernels::LinearSize& size) {
  constexpr std::int64_t kBf16 = 2;
  switch (way) {
    case NormWay::none:
      return {};
    case NormWay::width:
      return width_norm_cost(size);
    case NormWay::fused_gram:
      return fused_gram_norm_cost(size);
    case NormWay::stored_fused:  // instead of a weight gradient
      return {0, stored_norm_cost(size, kBf16).bytes + weighted_sum_cost(size, kBf16).bytes};
    case NormWay::gram:
      return gram_norm_cost(size);
    default:
      TORCH_INTERNAL_ASSERT(false, "no model of ", to_string(way));
  }
}

}  // namespace

double modelled_overhead(NormWay way, const LayerShape& shape, std::int64_t T,
                         const Ceilings& rates) {
  const kernels::LinearSize size{1, T, shape.p, shape.d};
  const auto seconds = [&](const kernels::Cost& cost) {
    return cost.seconds(rates.tflop_per_s * 1e12, rates.tb_per_s * 1e12);
  };
  return seconds(added(way, size)) / (3 * seconds(weight_gradient_cost(size)));
}

}  // namespace clipbench::bench
