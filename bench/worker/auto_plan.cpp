#include "bench/worker/auto_plan.h"

#include <algorithm>
#include <map>
#include <optional>

#include <c10/cuda/CUDACachingAllocator.h>

#include "bench/layers/linear.h"
#include "bench/methods/passes.h"
#include "bench/worker/planner_inputs.h"
#include "profiler/observe.h"

namespace clipbench::bench {
namespace {

constexpr std::int64_t kBudgetPercent = 101;  // of plain training's peak

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
      visit.shape = shape_of({seen.saved[0], seen.g});
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

constexpr std::int64_t kSumScratchBytes = 192 << 20;  // copies of a head's odd rows, partial sums

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
