// The CPU's kernels with every instruction set that this CPU has, against f64, on sizes that are no
// multiple of a tile; and their noise.
#include <cmath>
#include <limits>
#include <vector>

#include <gtest/gtest.h>

#include <ATen/ops/arange.h>
#include <ATen/ops/bmm.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/empty_like.h>
#include <ATen/ops/ones.h>
#include <ATen/ops/rand.h>
#include <ATen/ops/randn.h>
#include <ATen/ops/tensor.h>
#include <ATen/ops/zeros.h>

#include "cuda_test.h"
#include "kernels/cpu/inner_loops.h"
#include "kernels/cpu/linear.h"
#include "kernels/noise.h"
#include "kernels/sample_sums.h"
#include "kernels/wide.h"

namespace clipbench::kernels {
namespace {

struct Shape {
  std::int64_t B, T, p, d;
};
constexpr Shape kShapes[] = {{1, 1, 1, 1},    {3, 7, 5, 11},    {2, 129, 513, 100},
                             {5, 33, 97, 65}, {3, 700, 40, 25}, {7, 300, 33, 70}};

/// f32 sums of `terms` products of normal numbers; 16: chance and cancellation.
double bound(at::ScalarType dtype, std::int64_t terms) {
  const double u = dtype == at::kDouble ? 0x1p-53 : 0x1p-24;
  return 16 * u * std::sqrt(static_cast<double>(terms) + 1);
}

/// Relative, of what a stored tile is rounded to.
double half_spacing(at::ScalarType dtype) {
  return dtype == at::kBFloat16 ? 0x1p-8 : dtype == at::kHalf ? 0x1p-11 : 0;
}

template <class In>
struct TypeOf;
template <>
struct TypeOf<float> {
  static constexpr auto dtype = at::kFloat;
};
template <>
struct TypeOf<cpu::Bf16> {
  static constexpr auto dtype = at::kBFloat16;
};
template <>
struct TypeOf<cpu::F16> {
  static constexpr auto dtype = at::kHalf;
};
template <>
struct TypeOf<double> {
  static constexpr auto dtype = at::kDouble;
};

template <class In>
class CpuLinear : public testing::Test {
 protected:
  static constexpr auto dtype = TypeOf<In>::dtype;

  /// Rows of g lie further apart than they are long.
  void make(Shape s) {
    shape = s;
    a = at::randn({s.B, s.T, s.p}, at::kDouble).to(dtype);
    g = at::randn({s.B, s.T, s.d + 3}, at::kDouble).to(dtype).slice(2, 1, s.d + 1);
    products = at::bmm(g.to(at::kDouble).transpose(1, 2), a.to(at::kDouble));  // [B,d,p]
    sq_norms = products.square().sum(at::IntArrayRef{1, 2});
    allowed = bound(dtype, s.T + s.p + s.d);
  }
  cpu::Linear<In> view(const cpu::InnerLoopSet& set) const {
    const auto rows = [](const at::Tensor& t) {
      return cpu::Rows<In>{static_cast<const In*>(t.const_data_ptr()), t.stride(0), t.stride(1)};
    };
    return {rows(a), rows(g), shape.B, shape.T, shape.p, shape.d, &set.template of<In>()};
  }
  cpu::Scratch scratch(const cpu::Linear<In>& layer) {
    const auto bytes = cpu::scratch_bytes(layer);
    room = at::empty({64, bytes}, at::kByte);
    return [this, bytes](int thread) { return room.data_ptr<std::uint8_t>() + thread * bytes; };
  }
  template <class Check>
  void for_all(const Check& check) {
    for (const auto* set : cpu::inner_loop_sets()) {
      for (const auto& s : kShapes) {
        SCOPED_TRACE(testing::Message()
                     << set->name << ' ' << s.B << ' ' << s.T << ' ' << s.p << ' ' << s.d);
        make(s);
        check(view(*set));
      }
    }
  }

  Shape shape;
  at::Tensor a, g, products, sq_norms, room;
  double allowed = 0;
};

using Types = testing::Types<float, cpu::Bf16, cpu::F16, double>;
TYPED_TEST_SUITE(CpuLinear, Types);

double* doubles(at::Tensor& t) { return t.mutable_data_ptr<double>(); }

TYPED_TEST(CpuLinear, GramGivesNormsAndMagnitudes) {
  this->for_all([&](const auto& layer) {
    auto sq = at::empty({layer.B}, at::kDouble), m = at::empty_like(sq), n = at::empty_like(sq);
    cpu::gram_sums(layer, {doubles(sq), doubles(m), doubles(n)});
    const auto of_a = this->a.to(at::kDouble).norm(2, 2), of_g = this->g.to(at::kDouble).norm(2, 2);
    EXPECT_LE(max_relative(m, of_a.mul(of_g).sum(1)), this->allowed);
    EXPECT_LE(max_relative(n, of_g.sum(1)), this->allowed);
    const auto error = sq.sub(this->sq_norms).abs().div(m.square()).max().template item<double>();
    EXPECT_LE(error, this->allowed);  // cancellation is relative to m
  });
}

TYPED_TEST(CpuLinear, WidthGivesNorms) {
  this->for_all([&](const auto& layer) {
    auto sq = at::empty({layer.B}, at::kDouble);
    cpu::width_sq_norms(layer, doubles(sq), this->scratch(layer));
    EXPECT_LE(max_relative(sq, this->sq_norms), this->allowed);
  });
}

TYPED_TEST(CpuLinear, StoredGradientsAreRoundedOnceAndCarryTheirOwnNorm) {
  this->for_all([&](const auto& layer) {
    auto sq = at::empty({layer.B}, at::kDouble);
    auto out = at::empty({layer.B, layer.d, layer.p}, this->dtype);
    cpu::stored_gradients(layer, static_cast<TypeParam*>(out.mutable_data_ptr()), doubles(sq),
                          this->scratch(layer));
    const double rounding = half_spacing(this->dtype);
    EXPECT_LE(relative(out, this->products), this->allowed + rounding);
    const auto own = out.to(at::kDouble).square().sum(at::IntArrayRef{1, 2});
    EXPECT_LE(max_relative(sq, own), this->allowed);
  });
}

TYPED_TEST(CpuLinear, ClippedSumAddsWhatCountsAndReadsNothingElse) {
  this->for_all([&](const auto& layer) {
    using W = cpu::Wide<TypeParam>;
    auto factors = at::rand({layer.B}, wide_dtype(this->dtype)).add_(0.1);
    if (layer.B > 1) {
      factors[1] = 0;
      this->a[1].fill_(std::numeric_limits<double>::quiet_NaN());
    }
    auto sum = at::randn({layer.d, layer.p}, wide_dtype(this->dtype));
    const auto weighted = this->products.mul(factors.to(at::kDouble).view({-1, 1, 1})).sum(0);
    const auto before = sum.to(at::kDouble).clone();  // `to` may be sum itself
    cpu::clipped_sum(layer, static_cast<const W*>(factors.const_data_ptr()),
                     static_cast<W*>(sum.mutable_data_ptr()), this->scratch(layer));
    // One element may cancel, so an error is relative to both parts.
    const auto error = sum.to(at::kDouble).sub(before).sub(weighted).norm();
    EXPECT_LE(error.div(before.norm().add(weighted.norm())).template item<double>(),
              bound(this->dtype, layer.B * layer.T));
  });
}

/// All 65,536: zeros, subnormal and normal numbers, infinities, NaN.
TEST(CpuHalf, IsWidenedToTheSameNumber) {
  const auto bits = at::arange(65536, at::kInt).to(at::kShort);
  const auto half = bits.view(at::kHalf);
  const auto expected = half.to(at::kFloat);
  for (const auto* set : cpu::inner_loop_sets()) {
    const auto& loops = set->of<cpu::F16>();
    ASSERT_EQ(65536 % loops.columns, 0) << set->name;
    auto packed = at::empty({65536}, at::kFloat);
    loops.pack_columns(static_cast<const cpu::F16*>(half.const_data_ptr()), loops.columns,
                       65536 / loops.columns, loops.columns, 1, packed.mutable_data_ptr<float>());
    EXPECT_TRUE(packed.nan_to_num(7).equal(expected.nan_to_num(7))) << set->name;
    EXPECT_TRUE(packed.signbit().equal(expected.signbit())) << set->name;
  }
}

/// dots() loads vectors, where the test above widens one by one: a vector of x and ones gives x.
TEST(CpuHalf, IsWidenedToTheSameNumberInVectors) {
  const auto half = at::arange(65536, at::kInt).to(at::kShort).view(at::kHalf);
  const auto expected = half.to(at::kFloat), ones = at::ones({1}, at::kHalf);
  for (const auto* set : cpu::inner_loop_sets()) {
    const auto& loops = set->of<cpu::F16>();
    const auto* values = static_cast<const cpu::F16*>(half.const_data_ptr());
    const std::vector<const cpu::F16*> one(16, static_cast<const cpu::F16*>(ones.const_data_ptr()));
    std::vector<float> c(static_cast<std::size_t>(loops.dot_rows * loops.dot_columns));
    for (int i = 0; i < 65536; ++i) {
      const std::vector<const cpu::F16*> rows(16, values + i);
      loops.dots(1, rows.data(), one.data(), c.data());
      const float value = expected.const_data_ptr<float>()[i];
      if (std::isnan(value)) {
        EXPECT_TRUE(std::isnan(c[0])) << set->name << ' ' << i;
      } else {
        EXPECT_EQ(c[0], value) << set->name << ' ' << i;
      }
    }
  }
}

TEST(CpuRows, WeightedSumAddsWhatCounts) {
  for (const auto dtype : {at::kFloat, at::kBFloat16, at::kHalf, at::kDouble}) {
    auto rows = at::randn({5, 5, 4099}, at::kDouble).to(dtype);  // enough for two threads
    const auto factors =
        make_factors(at::tensor({0.5, 0., 2., 1e-3, 1.}, at::kDouble), 1, wide_dtype(dtype));
    auto sum = at::randn({5, 4099}, wide_dtype(dtype));
    auto counting = rows.to(at::kDouble);
    const auto expected =
        counting.mul(factors.device.to(at::kDouble).view({-1, 1, 1})).sum(0).add(sum);
    rows[1].fill_(std::numeric_limits<double>::quiet_NaN());
    weighted_sum_(sum, rows, factors);
    EXPECT_LE(relative(sum, expected), bound(dtype, 5)) << dtype;
  }
}

std::vector<float> normals(const cpu::InnerLoopSet& set, std::uint64_t stream) {
  std::vector<float> z(4 * cpu::kNormalGroups);
  set.normals(7, stream, 3, z.data());
  return z;
}

TEST(CpuNoise, IsTheSameForEveryInstructionSet) {
  const auto& sets = cpu::inner_loop_sets();
  const auto expected = normals(*sets.back(), 1ull << 40);
  for (const auto* set : sets) {
    const auto z = normals(*set, 1ull << 40);
    for (std::size_t i = 0; i < z.size(); ++i) EXPECT_NEAR(z[i], expected[i], 2e-6) << set->name;
  }
}

/// Philox4x32-10 of counter 0 and key 0 (Salmon et al. 2011, known answers of Random123).
TEST(CpuNoise, ComesFromPhilox) {
  constexpr std::uint32_t kBits[] = {0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8};
  auto z = at::empty({4}, at::kFloat);
  set_noise_(z, {.std = 1, .seed = 0, .stream = 0, .first = 0});
  for (int pair = 0; pair < 2; ++pair) {
    const double uniform = (kBits[2 * pair] + 0.5) * 0x1p-32;
    const double angle = static_cast<std::int32_t>(kBits[2 * pair + 1]) * (M_PI * 0x1p-31);
    const double radius = std::sqrt(-2 * std::log(uniform));
    EXPECT_NEAR(z[2 * pair].item<float>(), radius * std::cos(angle), 2e-6);
    EXPECT_NEAR(z[2 * pair + 1].item<float>(), radius * std::sin(angle), 2e-6);
  }
}

TEST(CpuNoise, DoesNotDependOnHowAParameterIsCut) {
  const Noise noise{.std = 2, .seed = 5, .stream = 9, .first = 0};
  auto whole = at::empty({100003}, at::kFloat);
  set_noise_(whole, noise);
  for (const std::int64_t cut : {1, 64, 777, 50000}) {
    auto rest = at::empty({100003 - cut}, at::kFloat);
    auto from = noise;
    from.first = static_cast<std::uint64_t>(cut);
    set_noise_(rest, from);
    EXPECT_TRUE(rest.equal(whole.slice(0, cut))) << cut;
  }
}

TEST(CpuNoise, HasTheMomentsOfNormalNumbers) {
  auto z = at::empty({1 << 22}, at::kFloat);
  set_noise_(z, {.std = 1, .seed = 3, .stream = 1, .first = 0});
  const auto wide = z.to(at::kDouble);
  const double five_sigma = 5 / std::sqrt(static_cast<double>(z.numel()));
  EXPECT_NEAR(wide.mean().item<double>(), 0, five_sigma);
  EXPECT_NEAR(wide.square().mean().item<double>(), 1, five_sigma * std::sqrt(2.));
  EXPECT_NEAR(wide.pow(4).mean().item<double>(), 3, five_sigma * std::sqrt(96.));
  EXPECT_GT(wide.abs().max().item<double>(), 4.7);  // 4 million numbers reach 5 in nine of ten
}

using CudaNoise = CudaTest;

TEST_F(CudaNoise, IsTheCpusButForLastBits) {
  const Noise noise{.std = 1, .seed = 11, .stream = 3ull << 32 | 5, .first = 12};
  auto there = at::empty({100001}, f32), here = at::empty({100001}, at::kFloat);
  set_noise_(there, noise);
  set_noise_(here, noise);
  EXPECT_LE(there.cpu().sub(here).abs().max().item<double>(), 1e-5);  // of __logf and __sincosf
}

}  // namespace
}  // namespace clipbench::kernels
