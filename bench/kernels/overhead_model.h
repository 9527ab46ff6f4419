// Time that norms and clipped sums add to a linear layer p → d, counted: what a device would need
// whose products and copies all ran at its ceilings. With h = 2pd/(p+d) and R/W the ratio of both,
// in units of the layer's 6BTpd FLOPs:
//
//   width       1/3                       2BTpd FLOPs for the norm; the sum replaces dW
//   fused Gram  T/3h                      BT²(p+d) FLOPs, the lower triangle; likewise
//   stored      2R/3WT                    2Bpd bytes written and read of bf16, no FLOPs
//   none        0                         a clipped sum with given factors replaces dW
//   gram        2T/3h + 8RT/3Wpd          2BT²(p+d) FLOPs, two T×T matrices of f32 written and read
//
// So the fused Gram is faster than width where T < h, and than stored where T < √(2hR/W); stored is
// faster than width where T > 2R/W.
#pragma once

#include "bench/kernels/ceilings.h"
#include "bench/kernels/linear_step.h"

namespace clipbench::bench {

/// A part of the time of forward, input and weight gradients. `way` as in LinearStep::clipped().
double modelled_overhead(NormWay way, const LayerShape& shape, std::int64_t T,
                         const Ceilings& rates);

}  // namespace clipbench::bench
