// The guard: n_safe ≥ the true norm of the rounded operands, where tokens cancel and Gram matrices
// lose all of their digits; and what it costs where they don't.
#include <cmath>
#include <cstdio>

#include <gtest/gtest.h>

#include <ATen/CPUGeneratorImpl.h>
#include <ATen/ops/bmm.h>
#include <ATen/ops/cat.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/full.h>

#include "kernels/linear_norms.h"
#include "kernels/norm_guard.h"
#include "kernels/wide.h"

namespace clipbench::kernels {
namespace {

using NormWay = NormPart (*)(const at::Tensor& a, const at::Tensor& g, const at::Tensor& m);

NormPart gram(const at::Tensor& a, const at::Tensor& g, const at::Tensor& m) {
  return gram_part(linear_sq_norms_gram(a, g), m, a, g);
}
NormPart fused_gram(const at::Tensor& a, const at::Tensor& g, const at::Tensor& m) {
  return gram_part(linear_sq_norms_fused_gram(a, g), m, a, g);
}
NormPart width(const at::Tensor& a, const at::Tensor& g, const at::Tensor& m) {
  return width_part(linear_sq_norms_width(a, g), m, a);
}
NormPart materialise(const at::Tensor& a, const at::Tensor& g, const at::Tensor& m) {
  return width_part(linear_sq_norms_materialise(a, g), m, a, /*rounded=*/true);
}
/// Per-sample gradients are stored in the operands' dtype, and these very tiles are summed.
NormPart stored(const at::Tensor& a, const at::Tensor& g, const at::Tensor&) {
  return stored_part(sq_norm_each(at::bmm(g.transpose(1, 2), a)), a.scalar_type());
}

struct Way {
  const char* name;
  NormWay norms;
};
constexpr Way kWays[] = {{"gram", gram},
                         {"fused_gram", fused_gram},
                         {"width", width},
                         {"materialise", materialise},
                         {"stored", stored}};

struct Operands {
  at::Tensor a, g;
};

at::Tensor normal(at::IntArrayRef sizes, std::uint64_t seed) {
  auto generator = at::make_generator<at::CPUGeneratorImpl>(seed);
  return at::empty(sizes, at::kDouble).normal_(0, 1, generator);
}

constexpr std::int64_t kSamples = 16, kIn = 24, kOut = 40;

/// Tokens in pairs (a, g), (a + rest, −g + rest): AᵀG is of the size of `rest`, |A|ᵀ|G| is not.
Operands cancelling(std::int64_t T, double rest, at::ScalarType dtype, std::uint64_t seed) {
  const auto pairs = [&](std::int64_t width, std::uint64_t its_seed, double sign) {
    const auto half = normal({kSamples, T / 2, width}, its_seed);
    const auto other = half.mul(sign).add(normal({kSamples, T / 2, width}, its_seed + 1).mul(rest));
    return at::cat({half, other}, 1).to(dtype);
  };
  return {pairs(kIn, seed, 1), pairs(kOut, seed + 2, -1)};
}

at::Tensor magnitude(const Operands& o) {
  return row_norms(o.a).to(at::kDouble).mul_(row_norms(o.g)).sum(1);
}

/// f64 norms of the gradients of these very operands; of the stored tiles where those are summed.
at::Tensor exact_sq(const Operands& o, const Way& way) {
  const auto tiles = way.norms == stored
                         ? at::bmm(o.g.transpose(1, 2), o.a).to(at::kDouble)
                         : at::bmm(o.g.to(at::kDouble).transpose(1, 2), o.a.to(at::kDouble));
  return tiles.square().sum(at::IntArrayRef{1, 2});
}

struct Sweep {
  int cases = 0, violations = 0, negative = 0, unguarded_below = 0;

  void add(const Operands& o, const Way& way) {
    const auto found = guard({way.norms(o.a, o.g, magnitude(o))});
    const auto exact = exact_sq(o, way);
    cases += static_cast<int>(exact.numel());
    violations += found.safe_sq.ge(exact).logical_not().sum().item<int>();
    negative += found.sq.lt(0).sum().item<int>();
    unguarded_below += found.sq.lt(exact).sum().item<int>();
  }
};

constexpr at::ScalarType kDtypes[] = {at::kFloat, at::kBFloat16};

class NormGuard : public testing::TestWithParam<Way> {};

TEST_P(NormGuard, LiesAboveTheTrueNormOfCancellingTokens) {
  const auto& way = GetParam();
  for (const auto dtype : kDtypes) {
    Sweep sweep;
    std::uint64_t seed = 1;
    for (const std::int64_t T : {2, 16, 128, 1024}) {
      for (const double rest : {1.0, 1e-1, 1e-2, 1e-3, 1e-4, 1e-5, 1e-6, 0.0}) {
        sweep.add(cancelling(T, rest, dtype, seed += 4), way);
      }
    }
    std::printf(
        "%d cases, %d computed norms too small, %d squares negative, %d guarded too small\n",
        sweep.cases, sweep.unguarded_below, sweep.negative, sweep.violations);
    EXPECT_EQ(sweep.violations, 0);
    EXPECT_GT(sweep.unguarded_below, 0) << "the sweep has no case that needs a guard";
    if (way.norms == gram) {
      EXPECT_GT(sweep.negative, 0);
    }
  }
}

/// Tokens of one sign add up: the longest sums of equal terms, which truncation biases most.
TEST_P(NormGuard, LiesAboveTheTrueNormOfTokensOfOneSign) {
  const auto& way = GetParam();
  for (const auto dtype : kDtypes) {
    Sweep sweep;
    for (const std::int64_t T : {1, 7, 1000, 2048}) {
      const Operands o{normal({2, T, kIn}, 1).abs_().to(dtype),
                       normal({2, T, kOut}, 2).abs_().to(dtype)};
      sweep.add(o, way);
    }
    EXPECT_EQ(sweep.violations, 0);
  }
}

/// 1.0625² lies halfway between two numbers of bf16; the even one is below.
TEST_P(NormGuard, LiesAboveAProductThatIsRoundedDownByHalfASpacing) {
  const auto x = at::full({1, 1, 1}, 1.0625, at::kBFloat16);
  Sweep sweep;
  sweep.add({x, x}, GetParam());
  EXPECT_EQ(sweep.violations, 0);
}

/// How much of the clip norm the guard costs independent tokens, T = 1024.
TEST_P(NormGuard, OverClipsIndependentTokensByLittle) {
  const auto& way = GetParam();
  for (const auto dtype : kDtypes) {
    const Operands o{normal({4, 1024, 256}, 1).to(dtype), normal({4, 1024, 256}, 2).to(dtype)};
    const auto safe = guard({way.norms(o.a, o.g, magnitude(o))}).safe_sq.sqrt();
    const double excess = safe.div(exact_sq(o, way).sqrt()).sub(1).max().item<double>();
    std::printf("over-clipped by %.2g %% at T = 1024\n", 100 * excess);
    const bool narrow_tile = way.norms == materialise && dtype == at::kBFloat16;
    EXPECT_LE(excess,
              1e-3 + (narrow_tile ? 0x1p-8 : 0));  // half a spacing of tiles rounded to bf16
    EXPECT_GE(excess, 0);
  }
}

INSTANTIATE_TEST_SUITE_P(Ways, NormGuard, testing::ValuesIn(kWays),
                         [](const auto& info) { return std::string(info.param.name); });

}  // namespace
}  // namespace clipbench::kernels
