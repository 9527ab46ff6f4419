// Operands of a linear layer whose tokens cancel as much as asked.
#pragma once

#include "kernels/linear_norms.h"

namespace clipbench::bench {

struct OperandSizes {
  std::int64_t B, T, p, d;
};

/// a_t = u + ε·n and g_t = ±v + ε·n', the sign alternating, u, v, n, n' normal. |A|ᵀ|G| is about
/// T·|u||v|ᵀ; of AᵀG two things remain, which together make κ² about what is asked, from 1 on:
///   scatter  ε·√(2T), ε at most 0.1
///   a rest   T/(1 + κ) of uvᵀ, where ε would have to be larger: negative tokens are shorter
/// All is drawn on the CPU from one seed: equal on every device.
kernels::LinearOperands cancelling_operands(const OperandSizes& sizes, double kappa_squared,
                                            const at::TensorOptions& options);

/// [B] f64: squared norms of these operands' gradients AᵀG, and κ² = (‖|A|ᵀ|G|‖/‖AᵀG‖)².
struct Exact {
  at::Tensor sq_norms, kappa_squared;
};
Exact exact_norms(const kernels::LinearOperands& operands);

}  // namespace clipbench::bench
