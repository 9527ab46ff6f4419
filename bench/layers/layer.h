// The seam between models, layers and methods. A Layer is a name, a Rule and parameters; a Rule is
// what one layer type can do, pure and stateless; a Sink is what one backward pass does at a layer.
// One autograd function serves every method: methods differ in their sinks alone, and layers never
// learn which pass this is.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include <ATen/core/Tensor.h>

#include "bench/methods/catalog.h"
#include "kernels/factors.h"
#include "kernels/linear_norms.h"
#include "kernels/norm_guard.h"

namespace clipbench::bench {

using at::Tensor;
using Tensors = std::vector<Tensor>;

struct Rule;

/// Built once by the model. `name` is the owner of the layer's bytes; parameter k is called
/// name.param_names[k].
struct Layer {
  std::string name;
  const Rule* rule;
  Tensors params;
  std::vector<std::string> param_names;
  /// The layer that owns this layer's parameter, which has two uses then: their gradients are one
  /// gradient. The owner is visited later in a backward pass.
  const Layer* tied_to = nullptr;
  bool has_tie = false;  ///< the owner's side
  /// Position of the first parameter in Model::parameters().
  std::uint64_t first_param = 0;

  /// False for the first of two uses: nothing is complete after it.
  bool owns_params() const { return tied_to == nullptr; }
  const std::string& owner() const { return tied_to ? tied_to->name : name; }
  std::uint64_t param_index(std::size_t which) const {
    return (tied_to ? tied_to->first_param : first_param) + which;
  }
};

/// What a layer's backward sees: its saved tensors and dL/dy.
struct Seen {
  Tensors saved;
  Tensor g;
};

using kernels::Factors;

/// Per-sample gradients [B,…], one a parameter, and their norms, a part a parameter.
struct StoredGradients {
  Tensors gradients;
  std::vector<kernels::NormPart> norms;
  const char* path = "";  ///< a literal: the computation that ran
};

/// Per-sample squared norms of a layer's parameters, and how they were found.
struct LayerNorms {
  std::vector<kernels::NormPart> parts;
  /// m of the tied parameter alone, for the cross term; undefined where nothing is tied.
  Tensor tied_magnitude;
  const char* path = "";  ///< a literal: the computation that ran
};

/// Where clipped sums are formed. The accumulator holds the noise (or zeros) before the first
/// addition, in f32 or wider, so nothing is rounded to a narrow dtype before it is private and no
/// second buffer holds the noise.
class SumTarget {
 public:
  virtual ~SumTarget() = default;
  /// Rows of parameter `which` to form at a time: all of them where the sum itself becomes the
  /// gradient, else a block, so that no wide copy of a whole large parameter exists.
  virtual std::int64_t block_rows(const Layer&, std::size_t which) const = 0;
  /// Accumulator for rows [first_row, first_row + rows).
  virtual Tensor accumulator(const Layer&, std::size_t which, std::int64_t first_row,
                             std::int64_t rows) = 0;
  /// The rows' sum is complete: cast and store it as the gradient.
  virtual void complete(const Layer&, std::size_t which, std::int64_t first_row, Tensor sum) = 0;

  /// Every block of parameter `which`: accumulator, form(sum, first_row), complete.
  void form(const Layer&, std::size_t which,
            const std::function<void(Tensor& sum, std::int64_t first_row)>& form_rows);

  /// Forms parameter `which` from per-sample gradients: Σ_b factors[b] · rows[b], rows [B,…] of all
  /// rows of the parameter or of its first ones. They may be read until the step ends.
  virtual void weighted_sum(const Layer&, std::size_t which, Tensor rows, const Factors&);

  /// Forms parameter `which` from what a linear layer keeps: Σ_b factors[b] · g_bᵀ a_b.
  virtual void product_sum(const Layer&, std::size_t which, const kernels::LinearOperands&,
                           const Factors&);
};

/// Forms a layer's clipped sums later, from what was kept.
using Deferred = std::function<void(const Factors&, SumTarget&)>;

struct KeptLayer {
  LayerNorms norms;
  Deferred sums;
};

/// One layer type. Inputs x and gradients g have the batch first; a batch of 0 never gets here.
struct Rule {
  virtual ~Rule() = default;
  /// Plain differentiable ATen: what vanilla runs.
  virtual Tensor native(const Layer&, const Tensor& x) const = 0;
  /// The same values; `saved` is what the other functions need.
  virtual Tensor forward(const Layer&, const Tensor& x, Tensors& saved) const = 0;
  /// dL/dx; undefined where x has none.
  virtual Tensor input_grad(const Layer&, const Seen&) const = 0;
  /// Plain gradients, summed over the batch: bitwise what autograd gives for native().
  virtual Tensors gradients(const Layer&, const Seen&) const = 0;
  /// Squared norms over all parameters of the layer. A rule with one way ignores `way`.
  virtual LayerNorms sq_norms(const Layer&, const Seen&, NormWay way) const = 0;
  /// An upper bound, f32|f64 [B] a parameter, of the Frobenius norm of the sum over tokens of
  /// absolute products: what rounding of a per-sample gradient is relative to.
  virtual Tensors magnitudes(const Layer&, const Seen&) const = 0;
  /// Per-sample gradients [B,…], one a parameter, in the operands' dtype.
  virtual Tensors per_sample_grads(const Layer&, const Seen&) const = 0;
  /// Per-sample gradients with the norms of what is stored; `way`: stored or stored_fused.
  virtual StoredGradients stored(const Layer&, const Seen&, NormWay way) const;
  virtual void clipped_sums(const Layer&, const Seen&, const Factors&, SumTarget&) const = 0;
  /// sq_norms, and what clipped_sums needs later: the operands, or small per-sample gradients that
  /// the norms came from (biases, layer norm), which are not formed again.
  virtual KeptLayer keep(const Layer&, Seen, NormWay way) const;

  /// Of a tied parameter W [V,d] with uses h (this layer) and e (the owner, rows picked by ids):
  /// rows [B,T,d] of this use's gradient at the owner's ids, wide_dtype.
  virtual Tensor tied_rows(const Layer&, const Seen&) const;
  /// The owner's side: ⟨G_e, G_h⟩ [B], f64, from the other use's rows.
  virtual Tensor tied_product(const Layer&, const Seen&, const Tensor& rows) const;

 protected:
  /// From now on held for clipping's sake alone: plain training frees it at this node.
  static void claim_kept(const Layer&, const Tensor&);
};

/// What one backward pass does at a layer.
struct Sink {
  virtual ~Sink() = default;
  /// Gradients for autograd to accumulate, one a parameter, or {} for none.
  virtual Tensors visit(const Layer&, Seen) = 0;

  // For those who watch a pass, after a visit:
  /// The layer's norms; null where the pass computes none.
  virtual const LayerNorms* last_norms() const { return nullptr; }
  /// The operands themselves are summed, in this visit or later.
  virtual bool sums_operands() const { return false; }
  /// Per-sample gradients that are summed instead.
  virtual const Tensors* last_tiles() const { return nullptr; }
};

/// Owned by a schedule for one step; nodes hold a pointer to it and ask for the sink of the running
/// pass.
struct Tape {
  Sink* sink = nullptr;
};

/// The layer's output. Without a tape rule->native(), else the one autograd function. `ids` [B,T]:
/// of the owner, where this layer is tied to one; they become the last saved tensor.
Tensor apply(const Layer&, const Tensor& x, Tape*, const Tensor& ids = {});

}  // namespace clipbench::bench
