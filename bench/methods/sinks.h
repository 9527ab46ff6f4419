// The sinks: all that differs between methods inside a backward pass.
#pragma once

#include <map>
#include <utility>
#include <vector>

#include "bench/layers/layer.h"
#include "bench/methods/clip_function.h"
#include "bench/methods/plan.h"

namespace clipbench::bench {

/// Plain gradients for autograd: vanilla through the one autograd function.
struct GradSink final : Sink {
  Tensors visit(const Layer&, Seen) override;
};

/// Collects every layer's norms; forms no weight gradient.
struct NormSink : Sink {
  explicit NormSink(const Plan& plan) : plan(plan) {}
  Tensors visit(const Layer&, Seen) override;
  const LayerNorms* last_norms() const override { return &last; }

  const Plan& plan;
  std::vector<kernels::NormPart> parts;  ///< of all layers
  Path path;
  LayerNorms last;

 protected:
  /// The layer's norms, with those that a tie adds.
  void add(const Layer&, const Seen&, LayerNorms);
  void collect(const Layer&);

 private:
  /// The first use of a tied parameter, until the owner is visited.
  struct FirstUse {
    Tensor rows, magnitude;
  };
  std::map<const Layer*, FirstUse> first_uses_;  ///< by owner
};

/// Norms, and what each layer needs to form its sum later: its operands, or the per-sample
/// gradients where its way is to store them.
struct KeepSink final : NormSink {
  struct Kept {
    const Layer* layer;
    Deferred deferred;  ///< from the operands
    Tensors samples;    ///< else [B,…] each: the per-sample gradients

    /// Per-sample gradients go as soon as they are summed.
    void form_sums(const Factors&, SumTarget&);
  };

  using NormSink::NormSink;
  Tensors visit(const Layer&, Seen) override;
  bool sums_operands() const override { return last_tiles() == nullptr; }
  const Tensors* last_tiles() const override;

  std::vector<Kept> kept;  ///< in the order of the backward pass

 private:
  void store(const Layer&, const Seen&, NormWay);
  void merge_tie(const Layer& owner, StoredGradients&);

  std::map<const Layer*, Tensors> first_tiles_;  ///< of a tied parameter's first use, by owner
};

/// Forms the clipped sums where weight gradients form.
struct SumSink final : Sink {
  SumSink(const Factors& factors, SumTarget& target) : factors(factors), target(target) {}
  Tensors visit(const Layer&, Seen) override;
  bool sums_operands() const override { return true; }

  const Factors& factors;
  SumTarget& target;
};

/// Every layer is a clip group of its own: norm, factors and sum inside one visit.
struct ClipNowSink final : Sink {
  struct Group {
    Tensor norms, raw_norms, factors;  ///< [B] each
  };
  ClipNowSink(const Plan& plan, ClipFunction clip, double group_clip_norm, double expected_batch,
              SumTarget& target)
      : plan(plan),
        clip(std::move(clip)),
        group_clip_norm(group_clip_norm),
        expected_batch(expected_batch),
        target(target) {}
  Tensors visit(const Layer&, Seen) override;
  const LayerNorms* last_norms() const override { return &last; }
  bool sums_operands() const override { return true; }

  const Plan& plan;
  ClipFunction clip;
  double group_clip_norm, expected_batch;
  SumTarget& target;
  std::map<const Layer*, Group> groups;
  Path path;
  LayerNorms last;
};

}  // namespace clipbench::bench
