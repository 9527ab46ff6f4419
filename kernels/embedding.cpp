#include "kernels/embedding.h"

#include <ATen/ops/arange.h>
#include <ATen/ops/cumsum.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/empty_like.h>
#include <ATen/ops/sort.h>
#include <ATen/ops/tensor.h>
#include <ATen/ops/zeros.h>

#include <c10/cuda/CUDAGuard.h>
#include <c10/cuda/CUDAStream.h>

#include <tuple>

#include "kernels/cuda/embedding_rows.h"
#include "kernels/on_cuda.h"
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

bool is_taken(const at::Tensor& ids, const at::Tensor& g) {
  return g.is_cuda() && ids.device() == g.device() && cuda_element(g) && g.is_contiguous() &&
         g.numel() > 0 && g.size(2) % 8 == 0 && ids.scalar_type() == at::kLong && on_16_bytes(g);
}

/// ids, order [lists,n]: tokens of each list in the order of their ids.
cuda::SortedTokens tokens_of(const at::Tensor& ids, const at::Tensor& order, const at::Tensor& g) {
  return {.ids = ids.const_data_ptr<std::int64_t>(),
          .order = order.const_data_ptr<std::int64_t>(),
          .g = g.const_data_ptr(),
          .type = *cuda_element(g),
          .lists = static_cast<int>(ids.size(0)),
          .tokens = ids.size(1),
          .columns = static_cast<int>(g.size(2))};
}

at::Tensor pieces_of(const cuda::SortedTokens& tokens, const at::Tensor& g) {
  return at::empty({cuda::embedding_pieces(tokens)}, g.options().dtype(at::kFloat));
}

at::Tensor sq_norms_on_cuda(const at::Tensor& ids, const at::Tensor& g) {
  const c10::cuda::CUDAGuard guard(g.device());
  const auto [sorted, order] = ids.sort(/*stable=*/true, /*dim=*/1);
  const auto tokens = tokens_of(sorted, order, g);
  const auto partials =
      at::empty({ids.size(0), cuda::embedding_partials(tokens)}, g.options().dtype(at::kFloat));
  const auto pieces = pieces_of(tokens, g);
  cuda::embedding_sq_norms(tokens, pieces.mutable_data_ptr<float>(),
                           partials.mutable_data_ptr<float>(), c10::cuda::getCurrentCUDAStream());
  return partials.sum(1);
}

}  // namespace

at::Tensor embedding_sq_norms(const at::Tensor& ids, const at::Tensor& g) {
  if (is_taken(ids, g)) return sq_norms_on_cuda(ids, g);
  const auto B = ids.size(0), T = ids.size(1), d = g.size(2);
  const auto dtype = wide_dtype(g.scalar_type());
  auto sq = at::zeros({B}, g.options().dtype(at::kDouble));
  const auto scratch = 2 * T * d * static_cast<std::int64_t>(c10::elementSize(dtype));
  for_sample_chunks(B, scratch, [&](std::int64_t begin, std::int64_t end) {
    sq.slice(0, begin, end).copy_(chunk_sq_norms(ids.slice(0, begin, end), g.slice(0, begin, end)));
  });
  return sq;
}

EmbeddingSum::EmbeddingSum(const at::Tensor& ids, const at::Tensor& g, const Factors& factors)
    : ids_(ids), g_(g), factors_(factors) {
  if (!kernels::is_taken(ids, g)) return;
  const c10::cuda::CUDAGuard guard(g.device());
  std::tie(sorted_ids_, order_) = ids.reshape({1, -1}).sort(/*stable=*/true, /*dim=*/1);
}

bool EmbeddingSum::is_taken(const at::Tensor& sum) const {
  return order_.defined() && is_cuda_f32(sum) && on_16_bytes(sum);
}

void EmbeddingSum::add_sorted(at::Tensor& sum, std::int64_t first_row) const {
  const c10::cuda::CUDAGuard guard(g_.device());
  const auto tokens = tokens_of(sorted_ids_, order_, g_);
  const auto pieces = pieces_of(tokens, g_);
  const auto weights = device_factors(factors_.device, g_);
  cuda::embedding_sum(tokens, weights.const_data_ptr<float>(), ids_.size(1),
                      pieces.mutable_data_ptr<float>(), sum.mutable_data_ptr<float>(), first_row,
                      sum.size(0), c10::cuda::getCurrentCUDAStream());
}

void EmbeddingSum::add_to_(at::Tensor& sum, std::int64_t first_row) const {
  if (is_taken(sum)) return add_sorted(sum, first_row);
  const auto last_row = first_row + sum.size(0);
  const auto scratch = ids_.size(1) * g_.size(2) * static_cast<std::int64_t>(sum.element_size());
  for_sample_chunks(ids_.size(0), scratch, [&](std::int64_t begin, std::int64_t end) {
    const auto id = ids_.slice(0, begin, end).flatten();                                 // [n·T]
    auto rows = scaled_samples(g_.slice(0, begin, end), factors_, begin).flatten(0, 1);  // [n·T,d]
    const auto outside = id.lt(first_row).logical_or_(id.ge(last_row));
    // Tokens of other blocks add zero to row 0, so that no size depends on data.
    rows.masked_fill_(outside.unsqueeze(1), 0);
    sum.index_add_(0, id.sub(first_row).masked_fill_(outside, 0), rows);
  });
}

}  // namespace clipbench::kernels
