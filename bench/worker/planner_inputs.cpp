#include "bench/worker/planner_inputs.h"

#include <ATen/ops/empty.h>
#include <ATen/ops/mm.h>
#include <ATen/ops/ones.h>

#include <cmath>
#include <functional>

#include "bench/worker/sample_statistics.h"
#include "kernels/linear_on_cpu.h"
#include "kernels/linear_on_cuda.h"
#include "kernels/wide.h"
#include "profiler/gpu_timer.h"

namespace clipbench::bench {
namespace {

constexpr int kRuns = 5;

double seconds_of(at::Device device, const std::function<void()>& work) {
  const auto timer = profiler::StepTimer::make(device);
  std::vector<double> seconds;
  for (int run = 0; run <= kRuns; ++run) {
    timer->start();
    work();
    const double ms = timer->stop().ms;
    if (run > 0) seconds.push_back(ms / 1e3);  // the first one warms up
  }
  return median(seconds);
}

/// A power of √2: rates of equal machines differ by less in most processes.
double rounded(double ratio) { return std::exp2(std::round(2 * std::log2(ratio)) / 2); }

}  // namespace

DeviceRates measured_rates(const at::TensorOptions& options) {
  const bool cpu = options.device().is_cpu();
  const std::int64_t n = cpu ? 512 : 4096, elements = cpu ? 16 << 20 : 64 << 20;  // beyond caches
  const auto multiplied =  // what the kernels of kernels/cpu multiply in
      cpu ? options.dtype(kernels::wide_dtype(options.dtype().toScalarType())) : options;
  const auto a = at::ones({n, n}, multiplied), g = at::ones({n, n}, multiplied);
  const auto from = at::ones({elements}, options), to = at::empty({elements}, options);
  const auto product = seconds_of(options.device(), [&] { at::mm(g.t(), a); });
  const auto copy = seconds_of(options.device(), [&] { to.copy_(from); });
  const double bytes = 2.0 * static_cast<double>(from.nbytes()) / copy;
  const double flops = 2.0 * std::pow(static_cast<double>(n), 3) / product;
  return {bytes * rounded(flops / bytes), bytes};
}

LinearShape shape_of(const kernels::LinearOperands& layer) {
  const auto& [a, g] = layer;
  LinearShape shape{.B = a.size(0),
                    .T = a.size(1),
                    .p = a.size(2),
                    .d = g.size(2),
                    .element_bytes = a.element_size()};
  shape.on_chip = kernels::cuda_takes(layer);
  const bool gram_on_chip = kernels::cuda_takes_gram(layer);
  if (gram_on_chip) shape.gram_tile = kernels::cuda_gram_tile(layer);
  shape.in_caches = kernels::cpu_takes(layer);
  shape.copied = gram_on_chip && kernels::cuda_copies(layer);
  return shape;
}

}  // namespace clipbench::bench
