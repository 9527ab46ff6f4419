// A small network trained with LibTorch's own autograd, for recordings of real steps.
#pragma once

#include <ATen/core/Tensor.h>

#include <vector>

#include "profiler/recorder.h"

namespace clipbench::profiler {

struct Mlp {
  std::vector<at::Tensor> weights;  // [width, width] each
  at::Tensor input;                 // [batch, width]

  Mlp(std::int64_t layers, std::int64_t batch, std::int64_t width, at::TensorOptions options);

  /// Marks phases and snapshots, claims gradients; plain SGD.
  void step();
  void claim_persistent() const;
  std::int64_t parameter_bytes() const;
};

/// Iterations 0 … steps − 1 of one recording.
PeakReport record_steps(Recorder& recorder, Mlp& mlp, int steps);

}  // namespace clipbench::profiler
