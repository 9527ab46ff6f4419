// A model whose samples' losses are multiplied by factors: gradients scale exactly alike, so norms
// can be put where a check wants them without touching the method.
#pragma once

#include <functional>

#include "bench/models/model.h"

namespace clipbench::bench {

class ScaledLosses final : public Model {
 public:
  /// `scale` gives [B] from a batch; `inner` must outlive this.
  using Scale = std::function<Tensor(const Batch&, const Tensor& losses)>;
  ScaledLosses(const Model& inner, Scale scale) : inner_(inner), scale_(std::move(scale)) {}

  Tensor losses(const Batch& batch, Tape* tape) const override {
    const auto losses = inner_.losses(batch, tape);
    return losses.mul(scale_(batch, losses));
  }
  const std::vector<std::unique_ptr<Layer>>& layers() const override { return inner_.layers(); }

 private:
  const Model& inner_;
  Scale scale_;
};

/// 0.1, 1 or 10 times `factor`, by the sample's first token: norms spread over 10^±1.
ScaledLosses::Scale spread_by_first_token(double factor = 1);

}  // namespace clipbench::bench
