#include "bench/layers/layer.h"

#include <algorithm>
#include <optional>

#include <torch/csrc/autograd/custom_function.h>

#include "kernels/linear_sum.h"
#include "kernels/sample_sums.h"
#include "kernels/wide.h"
#include "profiler/observe.h"

namespace clipbench::bench {
namespace {

/// Parameters are inputs only so that the node exists where x itself needs no gradient (token ids).
struct LayerNode : torch::autograd::Function<LayerNode> {
  static Tensor forward(torch::autograd::AutogradContext* context, const Tensor& x,
                        const Tensor& first, const std::optional<Tensor>& second,
                        const std::optional<Tensor>& ids, const Layer* layer, Tape* tape) {
    Tensors saved;
    auto y = layer->rule->forward(*layer, x, saved);
    if (ids) saved.push_back(*ids);
    context->save_for_backward(saved);
    context->saved_data["layer"] = reinterpret_cast<std::int64_t>(layer);
    context->saved_data["tape"] = reinterpret_cast<std::int64_t>(tape);
    return y;
  }

  static torch::autograd::variable_list backward(torch::autograd::AutogradContext* context,
                                                 torch::autograd::variable_list grad_outputs) {
    const auto& layer = *reinterpret_cast<const Layer*>(context->saved_data["layer"].toInt());
    const auto* tape = reinterpret_cast<const Tape*>(context->saved_data["tape"].toInt());
    Seen seen{context->get_saved_variables(), std::move(grad_outputs[0])};
    grad_outputs.clear();
    // The sink first: a sum formed before dL/dx exists has one large temporary less beside it.
    auto grads = tape->sink->visit(layer, seen);
    grads.resize(2);
    Tensor input_grad;
    if (context->needs_input_grad(0)) input_grad = layer.rule->input_grad(layer, seen);
    return {input_grad, grads[0], grads[1], {}, {}, {}};
  }
};

}  // namespace

Tensor apply(const Layer& layer, const Tensor& x, Tape* tape, const Tensor& ids) {
  if (tape == nullptr) return layer.rule->native(layer, x);
  std::optional<Tensor> second, owner_ids;
  if (layer.params.size() > 1) second = layer.params[1];
  if (ids.defined()) owner_ids = ids;
  return LayerNode::apply(x, layer.params[0], second, owner_ids, &layer, tape);
}

void Rule::claim_kept(const Layer& layer, const Tensor& tensor) {
  if (!tensor.is_floating_point()) return;  // token ids live as long as the batch
  profiler::claim(tensor, profiler::Component::dp_saved, layer.name, profiler::Since::now);
}

KeptLayer Rule::keep(const Layer& layer, Seen seen, NormWay way) const {
  auto norms = sq_norms(layer, seen, way);
  for (const auto& tensor : seen.saved) claim_kept(layer, tensor);
  claim_kept(layer, seen.g);
  return {std::move(norms),
          [this, &layer, seen = std::move(seen)](const Factors& factors, SumTarget& target) {
            clipped_sums(layer, seen, factors, target);
          }};
}

StoredGradients Rule::stored(const Layer& layer, const Seen& seen, NormWay) const {
  StoredGradients out{per_sample_grads(layer, seen), {}, "stored, norms in a second pass"};
  for (const auto& gradient : out.gradients) {
    out.norms.push_back(
        kernels::stored_part(kernels::sq_norm_each(gradient), gradient.scalar_type()));
  }
  return out;
}

Tensor Rule::tied_rows(const Layer& layer, const Seen&) const {
  TORCH_CHECK(false, layer.name, ": this layer's parameter cannot be another layer's, too");
}

Tensor Rule::tied_product(const Layer& layer, const Seen&, const Tensor&) const {
  TORCH_CHECK(false, layer.name, ": this layer's parameter cannot be another layer's, too");
}

void SumTarget::form(const Layer& layer, std::size_t which,
                     const std::function<void(Tensor&, std::int64_t)>& form_rows) {
  const auto rows = layer.params[which].size(0);
  const auto step = block_rows(layer, which);
  for (std::int64_t first = 0; first < rows; first += step) {
    auto sum = accumulator(layer, which, first, std::min(step, rows - first));
    form_rows(sum, first);
    complete(layer, which, first, std::move(sum));
  }
}

void SumTarget::weighted_sum(const Layer& layer, std::size_t which, Tensor rows,
                             const Factors& factors) {
  form(layer, which, [&](Tensor& sum, std::int64_t first_row) {
    const auto last_row = std::min(first_row + sum.size(0), rows.size(1));
    if (first_row >= last_row) return;
    auto used = sum.slice(0, 0, last_row - first_row);
    kernels::weighted_sum_(used, rows.slice(1, first_row, last_row), factors);
  });
}

void SumTarget::product_sum(const Layer& layer, std::size_t which,
                            const kernels::LinearOperands& operands, const Factors& factors) {
  form(layer, which, [&](Tensor& sum, std::int64_t first_row) {
    kernels::linear_clipped_sum_(sum, operands.a, operands.g, factors, first_row);
  });
}

}  // namespace clipbench::bench
