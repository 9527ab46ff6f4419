#include "bench/kernels/ceilings.h"

#include <ATen/ops/empty.h>
#include <ATen/ops/empty_like.h>
#include <ATen/ops/mm.h>
#include <ATen/ops/randn.h>
#include <ATen/ops/zeros.h>

#include <cmath>

#include "bench/kernels/bench_device.h"
#include "bench/kernels/interleaved.h"

namespace clipbench::bench {
namespace {

Ceilings measure() {
  const bool cuda = bench_device().is_cuda();
  const std::int64_t n = cuda ? 8192 : 512, elements = cuda ? 1 << 28 : 1 << 22;
  const auto a = at::randn({n, n}, bench_options()), b = at::randn({n, n}, bench_options());
  auto c = at::empty_like(a);
  const auto from = at::zeros({elements}, bench_options()), to = at::empty_like(from);
  const double flops = 2 * std::pow(static_cast<double>(n), 3);
  const double bytes = 2.0 * static_cast<double>(from.nbytes());
  const auto timings =
      time_interleaved({{"product", flops, [&](int) { at::mm_out(c, a, b); }},
                        {"copy", bytes, [&](int) { to.copy_(from); }}},
                       {.ms_a_turn = 30});  // long enough for the power limit to be felt
  return {flops / timings[0].ms * 1e-9, bytes / timings[1].ms * 1e-9};
}

}  // namespace

const Ceilings& ceilings() {
  static const Ceilings measured = measure();
  return measured;
}

}  // namespace clipbench::bench
