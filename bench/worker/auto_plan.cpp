#include "bench/worker/auto_plan.h"

#include <algorithm>
#include <cmath>
#include <functional>
#include <map>
#include <optional>

#include <ATen/ops/empty.h>
#include <ATen/ops/mm.h>
#include <ATen/ops/ones.h>
#include <c10/cuda/CUDACachingAllocator.h>

#include "bench/layers/linear.h"
#include "bench/methods/passes.h"
#include "bench/methods/planner.h"
#include "bench/worker/sample_statistics.h"
#include "kernels/linear_on_cpu.h"
#include "kernels/linear_on_hopper.h"
#include "kernels/wide.h"
#include "profiler/gpu_timer.h"
#include "profiler/observe.h"

namespace clipbench::bench {
namespace {

constexpr int kRuns = 5;
constexpr std::int64_t kBudgetPercent = 101;  // of plain training's peak

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
  shape.in_caches = kernels::cpu_takes(operands);
  shape.copied = shape.gram_on_chip && kernels::hopper_copies(operands);
  return shape;
}

/// Looks at every layer's operands and at the memory between visits; forms nothing.
class Probe final : public Sink {
 public:
  struct Visit {
    const Layer* layer;
    std::optional<LinearShape> shape;  ///< none where there is one way only
    const void* input;
    std::int64_t live_bytes, passing_bytes;
  };

  explicit Probe(profiler::Recorder& recorder) : recorder_(recorder) {}

  Tensors visit(const Layer& layer, Seen seen) override {
    end_visit();
    Visit visit{&layer, {}, nullptr, recorder_.allocated_bytes(), 0};
    if (layer.rule == &linear_rule()) {
      visit.shape = shape_of(seen);
      visit.input = seen.saved[0].const_data_ptr();
      ++uses_[visit.input];
    }
    visits_.push_back(visit);
    for (const auto& param : layer.params) {
      if (layer.owns_params()) gradient_bytes_ += static_cast<std::int64_t>(param.nbytes());
    }
    return {};
  }

  /// Of the stretch since the last visit; plain training holds its gradients, too.
  void end_visit() {
    const auto peak = recorder_.peak_allocated_bytes();
    plain_peak_bytes = std::max(plain_peak_bytes, peak + gradient_bytes_);
    if (!visits_.empty()) visits_.back().passing_bytes = peak - visits_.back().live_bytes;
    recorder_.reset_peak();
  }

  /// The layers with a choice. What the others keep does not depend on it, and is little; what
  /// passes at them is seen from the layer before.
  std::vector<PlannedLayer> layers(const DeviceRates& rates) const {
    std::vector<PlannedLayer> out;
    for (const auto& visit : visits_) {
      if (visit.shape) {
        out.push_back(
            {visit.layer->name, options(visit, rates), visit.live_bytes, visit.passing_bytes});
      } else if (!out.empty()) {
        auto& before = out.back();
        before.passing_bytes = std::max(before.passing_bytes,
                                        visit.live_bytes + visit.passing_bytes - before.live_bytes);
      }
    }
    return out;
  }

  std::int64_t plain_peak_bytes = 0;

 private:
  std::vector<Option> options(const Visit& visit, const DeviceRates& rates) const {
    auto shape = *visit.shape;
    shape.sharing_a = uses_.at(visit.input);
    auto all = options_of(shape, rates);
    if (visit.layer->tied_to != nullptr) {
      std::erase_if(all, [](const Option& option) { return is_stored(option.way); });
    }
    return all;
  }

  profiler::Recorder& recorder_;
  std::vector<Visit> visits_;
  std::map<const void*, std::int64_t> uses_;  ///< by input, all alive when the backward pass begins
  std::int64_t gradient_bytes_ = 0;           ///< of the layers visited
};

void run_passes(const Model& model, const Batch& batch, Probe& probe) {
  Tape tape{&probe};
  const auto losses = forward(model, batch, &tape);
  backward_per_sample("backward", losses, /*keep_graph=*/false);
  probe.end_visit();
  profiler::end_phase();
}

constexpr std::int64_t kSumScratchBytes = 64 << 20;

/// When the sums begin, all is kept; the first layer's gradient and scratch, at most as large as
/// what that layer kept, form beside it.
std::int64_t passing_at_first_sum(const std::vector<PlannedLayer>& layers,
                                  const Tensor& first_param, std::int64_t live_bytes) {
  const auto gradient_bytes = static_cast<std::int64_t>(first_param.nbytes());
  const auto scratch_bytes = std::min(kSumScratchBytes, layers.front().options[0].kept_bytes);
  return std::max(layers.back().passing_bytes,
                  live_bytes + gradient_bytes + scratch_bytes - layers.back().live_bytes);
}

}  // namespace

Plan plan_in_plain_memory(const Model& model, const Batch& batch, profiler::Recorder& recorder) {
  const auto options = model.layers().front()->params[0].options().requires_grad(false);
  const auto rates = measured_rates(options);
  recorder.reset_peak();
  Probe probe(recorder);
  run_passes(model, batch, probe);
  if (options.device().is_cuda()) c10::cuda::CUDACachingAllocator::emptyCache();

  auto layers = probe.layers(rates);
  layers.back().passing_bytes =
      passing_at_first_sum(layers, model.layers().back()->params[0], recorder.allocated_bytes());
  const auto choice = choose(layers, probe.plain_peak_bytes * kBudgetPercent / 100);
  Plan plan;
  for (std::size_t i = 0; i < layers.size(); ++i) {
    plan[layers[i].name] = layers[i].options[choice[i]].way;
  }
  return plan;
}

}  // namespace clipbench::bench
