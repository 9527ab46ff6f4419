// Everything one case trains with, and one training step of it.
#pragma once

#include <memory>

#include "bench/cases/case.h"
#include "bench/cases/worker_options.h"
#include "bench/methods/schedule.h"
#include "bench/models/tokens.h"
#include "bench/optim/optimizer.h"
#include "profiler/recorder.h"

namespace clipbench::bench {

at::ScalarType storage_dtype(const std::string& dtype);  ///< tf32 is f32 storage
at::Device device_of(const Case&);

/// Clip function, C and the second pass of a case.
Clipping clipping_of(const Case&);
/// The method of a case, not bound to a model.
std::unique_ptr<Schedule> schedule_of(const Case&);

/// Of a case, the same in every call: its model before the first step, and its data from the first
/// batch on.
std::unique_ptr<Model> initial_model(const Case&);
std::unique_ptr<TokenSource> token_source(const Case&, const WorkerOptions&);

/// Process-wide settings of LibTorch: TF32, threads, deterministic algorithms. Before CUDA's first
/// use: cuBLAS reads its own when it starts.
void apply_settings(const Case&, const WorkerOptions&);

class Trainer {
 public:
  /// Builds model, method and optimizer, taking the snapshots model_loaded, wrapped_with_dp and
  /// optimizer_created. Throws UsageError and c10::Error.
  Trainer(const Case&, const WorkerOptions&, profiler::Recorder&);

  /// New tokens in the same tensors; outside what is timed.
  void next_batch();
  /// One training step; returns the samples' losses [B].
  Tensor step();
  /// Tells a recording who owns what persists: parameters, optimizer state, batch.
  void claim_persistent() const;
  /// Frees optimizer state and gradients: what is left can still be stepped by the schedule.
  void drop_optimizer();
  /// Frees model and batch; the method object stays, for its verification.
  void drop_model();

  const Model& model() const { return *model_; }
  Schedule& schedule() { return *schedule_; }
  const Batch& batch() const { return batch_; }
  /// What goes through the model at once.
  Batch physical_batch() const;
  at::Device device() const { return batch_.ids.device(); }
  double learning_rate() const { return options_.learning_rate; }
  double clip_norm() const { return clip_norm_; }
  double noise_multiplier() const { return noise_multiplier_; }
  const std::string& optimizer_name() const { return optimizer_name_; }

 private:
  OptimizerOptions options_;
  double clip_norm_, noise_multiplier_;
  std::int64_t physical_batch_;
  std::string optimizer_name_;
  bool fixed_batch_;
  std::unique_ptr<Model> model_;
  std::unique_ptr<Schedule> schedule_;
  std::unique_ptr<GradientRelease> release_;
  std::unique_ptr<Optimizer> optimizer_;
  std::unique_ptr<TokenSource> tokens_;
  Batch batch_;
};

}  // namespace clipbench::bench
