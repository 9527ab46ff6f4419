// Per-sample norms and clipped sums of an embedding table [V,d].
//
//   ids [B,T]    int64, in [0, V)
//   g   [B,T,d]  output gradients
#pragma once

#include <ATen/core/Tensor.h>

#include "kernels/factors.h"

namespace clipbench::kernels {

/// out [B], wide_dtype or f64: rows of equal ids are added before the norm. Scratch one chunk of
/// T×d rows in wide_dtype; neither a T×T mask nor B·V·d. No synchronisation. f32, bf16 and f16 on
/// CUDA: g is read once in the order of sorted ids, scratch B·T·(16 + d/4) bytes; results repeat
/// bit for bit.
at::Tensor embedding_sq_norms(const at::Tensor& ids, const at::Tensor& g);

/// Σ_b factors[b] · gradient rows of sample b, in blocks of rows; samples with factor 0 do not
/// count. f32, bf16 and f16 on CUDA as above: ids are sorted once for all blocks.
class EmbeddingSum {
 public:
  /// `factors` must outlive this.
  EmbeddingSum(const at::Tensor& ids, const at::Tensor& g, const Factors& factors);

  /// sum [rows,d], wide_dtype, += rows first_row … first_row + rows.
  void add_to_(at::Tensor& sum, std::int64_t first_row) const;

 private:
  bool is_taken(const at::Tensor& sum) const;
  void add_sorted(at::Tensor& sum, std::int64_t first_row) const;

  at::Tensor ids_, g_;
  const Factors& factors_;
  at::Tensor sorted_ids_, order_;  ///< undefined where g is not for the CUDA kernel
};

}  // namespace clipbench::kernels
