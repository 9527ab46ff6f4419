#include "bench/kernels/overhead_model.h"

#include <c10/util/Exception.h>

namespace clipbench::bench {

double modelled_overhead(NormWay way, const LayerShape& shape, std::int64_t T,
                         const Ceilings& rates) {
  const auto p = static_cast<double>(shape.p), d = static_cast<double>(shape.d);
  const auto tokens = static_cast<double>(T);
  const double h = 2 * p * d / (p + d), flops_a_byte = rates.tflop_per_s / rates.tb_per_s;
  switch (way) {
    case NormWay::none:
      return 0;
    case NormWay::width:
      return 1.0 / 3;
    case NormWay::fused_gram:
      return tokens / (3 * h);
    case NormWay::stored_fused:
      return 2 * flops_a_byte / (3 * tokens);
    case NormWay::gram:
      return 2 * tokens / (3 * h) + 8 * flops_a_byte * tokens / (3 * p * d);
    default:
      TORCH_INTERNAL_ASSERT(false, "no model of ", to_string(way));
  }
}

}  // namespace clipbench::bench
