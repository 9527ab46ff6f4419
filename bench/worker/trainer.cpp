#include "bench/worker/trainer.h"

#include <algorithm>
#include <cstdlib>

#include <ATen/Context.h>
#include <ATen/Parallel.h>

#include "bench/worker/auto_plan.h"
#include "profiler/observe.h"

namespace clipbench::bench {

using profiler::claim;
using profiler::Component;

at::ScalarType storage_dtype(const std::string& dtype) {
  if (dtype == "f64") return at::kDouble;
  if (dtype == "bf16") return at::kBFloat16;
  return at::kFloat;
}

at::Device device_of(const Case& c) {
  return c.device == "cpu" ? at::Device(at::kCPU) : at::Device(at::kCUDA, 0);
}

Clipping clipping_of(const Case& c) {
  return {make_clip_function(c.knob("clip")), std::stod(c.knob("clip_norm")),
          c.knob("second_pass") == "reweighted"};
}

std::unique_ptr<Schedule> schedule_of(const Case& c) {
  return make_schedule(find_method(c.method), clipping_of(c));
}

void apply_settings(const Case& c, const WorkerOptions& options) {
  auto& context = at::globalContext();
  // On AMX oneDNN's bf16 products of a batch let one sample's NaN into its neighbour's.
  setenv("ONEDNN_MAX_CPU_ISA", "AVX512_CORE_BF16", /*overwrite=*/0);
  const bool tf32 = c.dtype == "tf32";
  context.setAllowTF32CuBLAS(tf32);
  context.setAllowTF32CuDNN(tf32);
  if (c.knob("deterministic") == "1") {
    context.setDeterministicAlgorithms(true, /*warn_only=*/false);
    context.setDeterministicFillUninitializedMemory(false);
    context.setDeterministicCuDNN(true);
    setenv("CUBLAS_WORKSPACE_CONFIG", ":4096:8", /*overwrite=*/0);
  }
  if (options.threads > 0) at::set_num_threads(static_cast<int>(options.threads));
}

std::unique_ptr<Model> initial_model(const Case& c) {
  return make_model(find_model(c.model), c.seq, storage_dtype(c.dtype), device_of(c),
                    std::stoull(c.knob("seed")), c.knob("head") == "tied");
}

std::unique_ptr<TokenSource> token_source(const Case& c, const WorkerOptions& options) {
  const auto vocabulary = find_model(c.model).vocabulary;
  const auto seed = std::stoull(c.knob("seed")) + 2;
  return options.data.empty() ? make_zipf_tokens(vocabulary, seed)
                              : make_file_tokens(options.data, vocabulary, seed);
}

Trainer::Trainer(const Case& c, const WorkerOptions& options, profiler::Recorder& recorder)
    : clip_norm_(std::stod(c.knob("clip_norm"))),
      noise_multiplier_(std::stod(c.knob("noise_multiplier"))),
      physical_batch_(std::stoll(c.knob("physical_batch"))),
      optimizer_name_(c.knob("optimizer")),
      fixed_batch_(options.fixed_batch) {
  const auto& method = find_method(c.method);
  const auto device = device_of(c);
  const auto seed = std::stoull(c.knob("seed"));
  model_ = initial_model(c);
  recorder.take_snapshot("model_loaded");

  schedule_ = schedule_of(c);
  schedule_->set_physical_batch(physical_batch_);
  const auto batch_size = static_cast<double>(c.batch);
  release_ = std::make_unique<GradientRelease>(
      ReleaseOptions{noise_multiplier_ * clip_norm_, batch_size, seed + 1}, device);
  if (method.is_private()) recorder.take_snapshot("wrapped_with_dp");

  if (optimizer_name_ == "adamw") options_.weight_decay = 0.01;
  optimizer_ = make_optimizer(optimizer_name_, model_->parameters(), options_);
  recorder.take_snapshot("optimizer_created");

  tokens_ = token_source(c, options);
  batch_ = tokens_->next(c.batch, c.seq, device);
  if (method.norm_way == NormWay::planned) {
    schedule_->force_plan(plan_in_plain_memory(*model_, physical_batch(), recorder));
  }
}

void Trainer::next_batch() {
  if (!fixed_batch_) tokens_->refill(batch_);
}

Tensor Trainer::step() {
  model_->zero_grad();
  auto losses = schedule_->step(*model_, batch_, *release_).losses;
  optimizer_->step();
  return losses;
}

void Trainer::claim_persistent() const {
  for (const auto& layer : model_->layers()) {
    if (!layer->owns_params()) continue;
    for (const auto& param : layer->params) {
      claim(param, Component::parameters, layer->name);
      claim(param.grad(), Component::gradients, layer->name);
    }
  }
  for (const auto& state : optimizer_->state()) claim(state, Component::optimizer_state);
  claim(batch_.ids, Component::batch);
  claim(batch_.targets, Component::batch);
}

Batch Trainer::physical_batch() const {
  return physical_batch_ > 0 ? batch_.samples(0, std::min(physical_batch_, batch_.size())) : batch_;
}

void Trainer::drop_optimizer() {
  optimizer_.reset();
  release_.reset();
  model_->zero_grad();
}

void Trainer::drop_model() {
  batch_ = {};
  model_.reset();
}

}  // namespace clipbench::bench
