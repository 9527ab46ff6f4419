#include "bench/kernels/cancelling_operands.h"

#include <ATen/CPUGeneratorImpl.h>
#include <ATen/ops/bmm.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/full.h>

#include <algorithm>
#include <cmath>

namespace clipbench::bench {
namespace {

constexpr double kMostScatter = 0.1;

at::Tensor normal(at::IntArrayRef sizes, std::uint64_t seed) {
  auto generator = at::make_generator<at::CPUGeneratorImpl>(seed);
  return at::empty(sizes, at::kDouble).normal_(0, 1, generator);
}

/// What remains of T tokens beside their magnitudes: 1/κ² = rest² + 2·scatter²/T.
struct Remains {
  double scatter, rest;
};

Remains remains_of(double kappa_squared, std::int64_t tokens) {
  if (kappa_squared <= 1) return {0, 1};
  const auto T = static_cast<double>(tokens);
  const double scatter = std::min(kMostScatter, std::sqrt(T / (2 * kappa_squared)));
  const double missing = 1 / kappa_squared - 2 * scatter * scatter / T;
  return {scatter, missing > 0 ? 1 / (1 + 1 / std::sqrt(missing)) : 0};
}

/// One vector a sample and some scatter a token: [B,T,width].
at::Tensor scattered(const at::Tensor& sign, double scatter, at::IntArrayRef sizes,
                     std::uint64_t seed) {
  return normal({sizes[0], 1, sizes[2]}, seed).mul(sign).add(normal(sizes, seed + 1), scatter);
}

at::Tensor sq_norms(const at::Tensor& a, const at::Tensor& g) {
  return at::bmm(g.transpose(1, 2), a).square_().sum(at::IntArrayRef{1, 2});
}

}  // namespace

kernels::LinearOperands cancelling_operands(const OperandSizes& sizes, double kappa_squared,
                                            const at::TensorOptions& options) {
  const auto [B, T, p, d] = sizes;
  const auto [scatter, rest] = remains_of(kappa_squared, T);
  const auto same = at::full({1, T, 1}, 1.0, at::kDouble);
  auto sign = same.clone();
  sign.slice(1, 1, T, 2).fill_(2 * rest - 1);
  return {scattered(same, scatter, {B, T, p}, 1).to(options),
          scattered(sign, scatter, {B, T, d}, 3).to(options)};
}

Exact exact_norms(const kernels::LinearOperands& operands) {
  const auto a = operands.a.to(at::kDouble), g = operands.g.to(at::kDouble);
  const auto norms = sq_norms(a, g);
  return {norms, sq_norms(a.abs(), g.abs()).div_(norms)};
}

}  // namespace clipbench::bench
