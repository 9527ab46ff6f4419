// The sinks: all that differs between methods inside a backward pass.
#pragma once

#include <utility>
#include <vector>

#include "bench/layers/layer.h"
#include "bench/methods/clip_function.h"

namespace clipbench::bench {

/// Plain gradients for autograd: vanilla through the one autograd function.
struct GradSink final : Sink {
  Tensors visit(const Layer&, Seen) override;
};

/// Adds every layer's squared norms to `sq_norms` [B]; forms no weight gradient.
struct NormSink : Sink {
  NormSink(NormWay way, Tensor zeros) : way(way), sq_norms(std::move(zeros)) {}
  Tensors visit(const Layer&, Seen) override;

  NormWay way;
  Tensor sq_norms;
};

/// Norms, and what each layer needs to form its sum later.
struct KeepSink final : NormSink {
  using NormSink::NormSink;
  Tensors visit(const Layer&, Seen) override;

  std::vector<std::pair<const Layer*, Deferred>> kept;  ///< in the order of the backward pass
};

/// Norms from per-sample gradients, which are stored.
struct StoreSink final : NormSink {
  explicit StoreSink(Tensor zeros) : NormSink(NormWay::stored, std::move(zeros)) {}
  Tensors visit(const Layer&, Seen) override;

  std::vector<std::pair<const Layer*, Tensors>> stored;  ///< [B,…] each
};

/// Forms the clipped sums where weight gradients form.
struct SumSink final : Sink {
  SumSink(const Factors& factors, SumTarget& target) : factors(factors), target(target) {}
  Tensors visit(const Layer&, Seen) override;

  const Factors& factors;
  SumTarget& target;
};

/// Every layer is a clip group of its own: norm, factors and sum inside one visit.
struct ClipNowSink final : Sink {
  ClipNowSink(NormWay way, ClipFunction clip, double group_clip_norm, double expected_batch,
              SumTarget& target)
      : way(way),
        clip(std::move(clip)),
        group_clip_norm(group_clip_norm),
        expected_batch(expected_batch),
        target(target) {}
  Tensors visit(const Layer&, Seen) override;

  NormWay way;
  ClipFunction clip;
  double group_clip_norm, expected_batch;
  SumTarget& target;
};

}  // namespace clipbench::bench
