// Norms as two numbers a sample, for mutations to change.
#pragma once

#include "kernels/norm_guard.h"

namespace clipbench::bench::test {

/// [B] each, f64.
using FlatNorms = kernels::SqNorms;

/// A part whose guard gives exactly these norms: 2ηu = 1 for this u, so n_safe² = sq + magnitude.
inline std::vector<kernels::NormPart> parts_of(const FlatNorms& norms) {
  return {{kernels::NormKind::cross, norms.sq, norms.safe_sq.sub(norms.sq), /*roundoff=*/0x1p-5}};
}

}  // namespace clipbench::bench::test
