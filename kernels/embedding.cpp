#include "kernels/embedding.h"

#include <ATen/ops/arange.h>
#include <ATen/ops/cumsum.h>
#include <ATen/ops/empty_like.h>
#include <ATen/ops/sort.h>
#include <ATen/ops/tensor.h>
#include <ATen/ops/zeros.h>

#include "kernels/sample_sums.h"
#include "kernels/wide.h"

namespace clipbench::kernels {
namespace {

/// For each token the rank of its id among the sample's distinct ids: [n,T] → [n,T] in [0,T).
at::Tensor distinct_ranks(const at::Tensor& ids) {
  auto [sorted, order] = ids.sort(/*stable=*/true, /*dim=*/1);
  auto is_new = at::zeros(ids.sizes(), ids.options());
  is_new.slice(1, 1).copy_(sorted.slice(1, 1).ne(sorted.slice(1, 0, -1)));
  auto ranks = at::empty_like(ids);
  return ranks.scatter_(1, order, is_new.cumsum(1));
}

at::Tensor chunk_sq_norms(const at::Tensor& ids, const at::Tensor& g) {
  const auto n = ids.size(0), T = ids.size(1), d = g.size(2);
  auto ranks = distinct_ranks(ids);
  ranks.add_(at::arange(n, ids.options()).mul_(T).unsqueeze(1));  // rows of the n samples apart
  auto rows = at::zeros({n * T, d}, g.options().dtype(wide_dtype(g.scalar_type())));
  rows.index_add_(0, ranks.flatten(), to_wide(g).reshape({n * T, d}));
  return sq_norm_each(rows.view({n, T, d}));
}

}  // namespace

at::Tensor embedding_sq_norms(const at::Tensor& ids, const at::Tensor& g) {
  const auto B = ids.size(0), T = ids.size(1), d = g.size(2);
  const auto dtype = wide_dtype(g.scalar_type());
  auto sq = at::zeros({B}, g.options().dtype(at::kDouble));
  const auto scratch = 2 * T * d * static_cast<std::int64_t>(c10::elementSize(dtype));
  for_sample_chunks(B, scratch, [&](std::int64_t begin, std::int64_t end) {
    sq.slice(0, begin, end).copy_(chunk_sq_norms(ids.slice(0, begin, end), g.slice(0, begin, end)));
  });
  return sq;
}

void embedding_clipped_sum_(at::Tensor& sum, const at::Tensor& ids, const at::Tensor& g,
                            const Factors& factors, std::int64_t first_row) {
  const auto last_row = first_row + sum.size(0);
  const auto scratch = ids.size(1) * g.size(2) * static_cast<std::int64_t>(sum.element_size());
  for_sample_chunks(ids.size(0), scratch, [&](std::int64_t begin, std::int64_t end) {
    const auto id = ids.slice(0, begin, end).flatten();                                // [n·T]
    auto rows = scaled_samples(g.slice(0, begin, end), factors, begin).flatten(0, 1);  // [n·T,d]
    const auto outside = id.lt(first_row).logical_or_(id.ge(last_row));
    // Tokens of other blocks add zero to row 0, so that no size depends on data.
    rows.masked_fill_(outside.unsqueeze(1), 0);
    sum.index_add_(0, id.sub(first_row).masked_fill_(outside, 0), rows);
  });
}

}  // namespace clipbench::kernels
