#include "bench/worker/auto_plan.h"

#include <algorithm>
#include <cmath>
#include <functional>

#include <ATen/core/grad_mode.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/mm.h>
#include <ATen/ops/ones.h>
#include <c10/cuda/CUDACachingAllocator.h>

#include "bench/layers/linear.h"
#include "bench/methods/passes.h"
#include "bench/methods/planner.h"
#include "bench/worker/sample_statistics.h"
#include "kernels/linear_on_hopper.h"
#include "profiler/gpu_timer.h"
#include "profiler/observe.h"

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

DeviceRates measured_rates(const at::TensorOptions& options) {
  const bool cpu = options.device().is_cpu();
  const std::int64_t n = cpu ? 512 : 4096, elements = cpu ? 4 << 20 : 64 << 20;
  const auto a = at::ones({n, n}, options), g = at::ones({n, n}, options);
  const auto from = at::ones({elements}, options), to = at::empty({elements}, options);
  const auto product = seconds_of(options.device(), [&] { at::mm(g.t(), a); });
  const auto copy = seconds_of(options.device(), [&] { to.copy_(from); });
  const double bytes = 2.0 * static_cast<double>(from.nbytes()) / copy;
  const double flops = 2.0 * std::pow(static_cast<double>(n), 3) / product;
  return {bytes * rounded(flops / bytes), bytes};
}

LinearShape shape_of(const Seen& seen) {
  const auto &a = seen.saved[0], &g = seen.g;
  const kernels::LinearOperands operands{a, g};
  LinearShape shape{.B = a.size(0),
                    .T = a.size(1),
                    .p = a.size(2),
                    .d = g.size(2),
                    .element_bytes = a.element_size()};
  shape.on_chip = kernels::hopper_takes(operands);
  shape.gram_on_chip = kernels::hopper_takes_gram(operands);
  shape.copied = shape.gram_on_chip && kernels::hopper_copies(operands);
  return shape;
}

/// Looks at every layer's operands and at the memory between visits; forms nothing.
class Probe final : public Sink {
 public:
  Probe(const DeviceRates& rates, profiler::Recorder& recorder)
      : rates_(rates), recorder_(recorder) {}

  Tensors visit(const Layer& layer, Seen seen) override {
    end_visit();
    PlannedLayer planned{layer.name, {}, recorder_.allocated_bytes(), 0};
    if (layer.rule == &linear_rule()) planned.options = options_of(shape_of(seen), rates_);
    if (layer.tied_to != nullptr) std::erase_if(planned.options, stores);
    layers.push_back(std::move(planned));
    for (const auto& param : layer.params) {
      if (layer.owns_params()) gradient_bytes_ += static_cast<std::int64_t>(param.nbytes());
    }
    return {};
  }

  /// Of the stretch since the last visit; plain training holds its gradients, too.
  void end_visit() {
    const auto peak = recorder_.peak_allocated_bytes();
    plain_peak_bytes = std::max(plain_peak_bytes, peak + gradient_bytes_);
    if (!layers.empty()) layers.back().passing_bytes = peak - layers.back().live_bytes;
    recorder_.reset_peak();
  }

  std::vector<PlannedLayer> layers;  ///< with no options where there is one way only
  std::int64_t plain_peak_bytes = 0;

 private:
  static bool stores(const Option& option) { return is_stored(option.way); }

  const DeviceRates& rates_;
  profiler::Recorder& recorder_;
  std::int64_t gradient_bytes_ = 0;  ///< of the layers visited
};

/// What a layer with one way keeps does not depend on the choice, and is little.
std::vector<PlannedLayer> with_a_choice(std::vector<PlannedLayer> layers) {
  std::int64_t passing_bytes = 0;  // of what lies between, seen from the layer before it
  std::vector<PlannedLayer> out;
  for (auto& layer : layers) {
    passing_bytes = layer.live_bytes + layer.passing_bytes;
    if (!layer.options.empty()) {
      out.push_back(std::move(layer));
    } else if (!out.empty()) {
      auto& before = out.back();
      before.passing_bytes = std::max(before.passing_bytes, passing_bytes - before.live_bytes);
    }
  }
  return out;
}

void run_passes(const Model& model, const Batch& batch, Probe& probe) {
  Tape tape{&probe};
  const auto losses = forward(model, batch, &tape);
  backward_per_sample("backward", losses, /*keep_graph=*/false);
  probe.end_visit();
  profiler::end_phase();
}

constexpr std::int64_t kSumScratchBytes = 64 << 20;

/// When the sums begin, all is kept and the first layer's gradient forms beside it.
std::int64_t passing_at_first_sum(const PlannedLayer& last, const Tensor& first_param,
                                  std::int64_t live_bytes) {
  const auto gradient_bytes = static_cast<std::int64_t>(first_param.nbytes());
  return std::max(last.passing_bytes,
                  live_bytes + gradient_bytes + kSumScratchBytes - last.live_bytes);
}

}  // namespace

Plan plan_in_plain_memory(const Model& model, const Batch& batch, profiler::Recorder& recorder) {
  const auto options = model.layers().front()->params[0].options().requires_grad(false);
  const auto rates = measured_rates(options);
  recorder.reset_peak();
  Probe probe(rates, recorder);
  run_passes(model, batch, probe);
  if (options.device().is_cuda()) c10::cuda::CUDACachingAllocator::emptyCache();

  auto layers = with_a_choice(std::move(probe.layers));
  layers.back().passing_bytes = passing_at_first_sum(
      layers.back(), model.layers().back()->params[0], recorder.allocated_bytes());
  const auto choice = choose(layers, probe.plain_peak_bytes);
  Plan plan;
  for (std::size_t i = 0; i < layers.size(); ++i) {
    plan[layers[i].name] = layers[i].options[choice[i]].way;
  }
  return plan;
}

}  // namespace clipbench::bench
