// A model is layers in a fixed order and a function from a batch to per-sample losses; it knows
// nothing of privacy.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include <ATen/core/Tensor.h>

#include "bench/layers/layer.h"
#include "bench/models/catalog.h"

namespace clipbench::bench {

/// ids [B,T] and targets [B,T], int64: targets are the ids one token later.
struct Batch {
  Tensor ids, targets;
  std::int64_t size() const { return ids.size(0); }
  Batch samples(std::int64_t begin, std::int64_t end) const {
    return {ids.slice(0, begin, end), targets.slice(0, begin, end)};
  }
};

class Model {
 public:
  virtual ~Model() = default;
  /// [B]: sample i's own mean cross-entropy over its tokens. `tape` nullptr: plain ATen throughout.
  virtual Tensor losses(const Batch&, Tape* tape) const = 0;

  virtual const std::vector<std::unique_ptr<Layer>>& layers() const { return layers_; }
  /// All parameters, in layer order; each is owned by exactly one layer.
  Tensors parameters() const;
  /// "h.0.mlp.fc.weight" …, in the order of parameters().
  std::vector<std::string> parameter_names() const;
  void zero_grad() const;  ///< drops the gradients (set to none)

 protected:
  /// The parameters become leaves that require gradients.
  const Layer* add(std::string name, const Rule&, Tensors params, std::vector<std::string> names);
  /// A layer whose only parameter is `owner`'s first.
  const Layer* add_tied(std::string name, const Rule&, const Layer* owner);

 private:
  std::vector<std::unique_ptr<Layer>> layers_;
};

/// The model of `info`; a gpt2 has room for `seq` positions. Weights ~ N(0, 0.02²), drawn on the
/// CPU in f32 from `seed` (kernels/noise.h) and then cast, so that all devices and dtypes train the
/// same model; biases 0, norms 1. `tied_head`: the head's weight is the token embedding's.
std::unique_ptr<Model> make_model(const ModelInfo& info, std::int64_t seq, at::ScalarType dtype,
                                  at::Device device, std::uint64_t seed, bool tied_head = false);

}  // namespace clipbench::bench
