// A linear layer's norms and sums on a CPU, in tiles that stay in the caches: no T×T matrix, no
// wide copy of an operand, no gradient that nobody asked for. Work is shared out to LibTorch's
// threads; equal arguments and numbers of threads give equal bits. Products accumulate in Wide<In>.
#pragma once

#include <cstdint>
#include <functional>

#include "kernels/cpu/element.h"
#include "kernels/cpu/inner_loops.h"

namespace clipbench::kernels::cpu {

/// Rows of elements next to each other, in elements.
template <class In>
struct Rows {
  const In* data;
  std::int64_t sample_step, row_step;

  const In* row(std::int64_t b, std::int64_t t) const {
    return data + b * sample_step + t * row_step;
  }
};

/// a [B,T,p] and g [B,T,d].
template <class In>
struct Linear {
  Rows<In> a, g;
  std::int64_t B, T, p, d;
  const InnerLoops<In>* loops;
};

/// [B] each; norms as kernels/linear_norms.h has them, magnitudes as kernels/token_norms.h.
struct GramSums {
  double *sq_norms, *products, *gradients;
};

/// From the lower triangles of a aᵀ and g gᵀ. FLOPs about BT²(p+d); no scratch.
template <class In>
void gram_sums(const Linear<In>&, const GramSums& out);

/// Bytes of packed operands that a thread needs in the functions below.
template <class In>
std::int64_t scratch_bytes(const Linear<In>&);

/// `scratch(thread)`: scratch_bytes() on 64 bytes, of one thread.
using Scratch = std::function<void*(int thread)>;

/// sq_norms [B] = ‖g_bᵀ a_b‖². FLOPs 2BTpd.
template <class In>
void width_sq_norms(const Linear<In>&, double* sq_norms, const Scratch& scratch);

/// gradients [B,d,p] = g_bᵀ a_b, rounded once to In, and the rounded values' norms. FLOPs 2BTpd.
template <class In>
void stored_gradients(const Linear<In>&, In* gradients, double* sq_norms, const Scratch& scratch);

/// sum [d,p] += Σ_b factors[b] · g_bᵀ a_b: g is scaled while it is packed, which rounds by half an
/// ulp of Wide<In> where In is as wide. A sample with factor 0 is not read. FLOPs 2BTpd.
template <class In>
void clipped_sum(const Linear<In>&, const Wide<In>* factors, Wide<In>* sum, const Scratch& scratch);

}  // namespace clipbench::kernels::cpu
