#include "kernels/linear_on_cpu.h"

#include <ATen/Parallel.h>
#include <ATen/ops/empty.h>

#include "kernels/cpu/linear.h"
#include "kernels/on_cpu.h"
#include "kernels/wide.h"

namespace clipbench::kernels {
namespace {

bool has_rows(const at::Tensor& t) {
  return t.is_cpu() && t.dim() == 3 && t.numel() > 0 && (t.stride(2) == 1 || t.size(2) == 1);
}

template <class In>
cpu::Rows<In> rows_of(const at::Tensor& t) {
  return {static_cast<const In*>(t.const_data_ptr()), t.stride(0), t.stride(1)};
}

template <class In>
cpu::Linear<In> view(const LinearOperands& layer) {
  return {.a = rows_of<In>(layer.a),
          .g = rows_of<In>(layer.g),
          .B = layer.a.size(0),
          .T = layer.a.size(1),
          .p = layer.a.size(2),
          .d = layer.g.size(2),
          .loops = &cpu::inner_loop_sets().front()->of<In>()};
}

/// Calls run(view of the operands in their element type).
template <class Run>
void with_elements(const LinearOperands& layer, const Run& run) {
  with_cpu_element(layer.a.scalar_type(), [&]<class In>(In) { run(view<In>(layer)); });
}

/// A row of bytes a thread, from LibTorch's allocator: counted as every tensor is.
class ThreadScratch {
 public:
  explicit ThreadScratch(std::int64_t bytes)
      : bytes_(at::empty({at::get_num_threads(), bytes}, at::kByte)) {}
  cpu::Scratch rows() const {
    return [this](int thread) { return bytes_.data_ptr<std::uint8_t>() + thread * bytes_.size(1); };
  }

 private:
  at::Tensor bytes_;
};

}  // namespace

bool cpu_takes(const LinearOperands& layer) {
  const auto dtype = layer.a.scalar_type();
  return has_rows(layer.a) && has_rows(layer.g) && dtype == layer.g.scalar_type() &&
         is_cpu_element(dtype);
}

bool cpu_takes(const LinearOperands& layer, const at::Tensor& sum) {
  return cpu_takes(layer) && sum.is_cpu() && sum.is_contiguous() &&
         sum.scalar_type() == wide_dtype(layer.a.scalar_type());
}

GramNorms cpu_gram_norms(const LinearOperands& layer) {
  const auto sums = at::empty({3, layer.a.size(0)}, at::kDouble);
  with_elements(layer, [&](const auto& x) {
    cpu::gram_sums(x, {sums[0].mutable_data_ptr<double>(), sums[1].mutable_data_ptr<double>(),
                       sums[2].mutable_data_ptr<double>()});
  });
  return {sums[0], {sums[1], sums[2]}};
}

at::Tensor cpu_width_sq_norms(const LinearOperands& layer) {
  const auto out = at::empty({layer.a.size(0)}, at::kDouble);
  with_elements(layer, [&](const auto& x) {
    const ThreadScratch scratch(cpu::scratch_bytes(x));
    cpu::width_sq_norms(x, out.template mutable_data_ptr<double>(), scratch.rows());
  });
  return out;
}

StoredGradients cpu_stored_gradients(const LinearOperands& layer) {
  const auto B = layer.a.size(0);
  StoredGradients out{at::empty({B, layer.g.size(2), layer.a.size(2)}, layer.a.options()),
                      at::empty({B}, at::kDouble)};
  with_elements(layer, [&]<class In>(const cpu::Linear<In>& x) {
    const ThreadScratch scratch(cpu::scratch_bytes(x));
    cpu::stored_gradients(x, static_cast<In*>(out.gradients.mutable_data_ptr()),
                          out.sq_norms.mutable_data_ptr<double>(), scratch.rows());
  });
  return out;
}

void cpu_clipped_sum_(at::Tensor& sum, const LinearOperands& layer, const at::Tensor& factors,
                      std::int64_t first_row) {
  const LinearOperands rows{layer.a, layer.g.slice(2, first_row, first_row + sum.size(0))};
  TORCH_CHECK(factors.numel() == layer.a.size(0) && sum.dim() == 2 &&
                  sum.size(0) == rows.g.size(2) && sum.size(1) == layer.a.size(2),
              "clipped sum: expected rows ", first_row, " … of [", layer.g.size(2), ",",
              layer.a.size(2), "] and ", layer.a.size(0), " factors, got ", sum.sizes(), " and ",
              factors.numel());
  const auto weights = factors.to(sum.scalar_type()).contiguous();
  with_elements(rows, [&]<class In>(const cpu::Linear<In>& x) {
    const ThreadScratch scratch(cpu::scratch_bytes(x));
    cpu::clipped_sum(x, static_cast<const cpu::Wide<In>*>(weights.const_data_ptr()),
                     static_cast<cpu::Wide<In>*>(sum.mutable_data_ptr()), scratch.rows());
  });
}

}  // namespace clipbench::kernels
