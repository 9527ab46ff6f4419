// Neighbouring batches: one sample more changes the sum by its clipped gradient and nothing else,
// whatever the others are.
#include <cmath>

#include <gtest/gtest.h>

#include <ATen/ops/cat.h>
#include <ATen/ops/equal.h>
#include <ATen/ops/full.h>

#include "tests/training/small_model.h"

namespace clipbench::bench::test {
namespace {

constexpr std::int64_t kSamples = 4, kSeq = 16, kCanary = 1;

enum class Others { as_they_are, ten_thousand_times, aligned_at_the_bound, zero, not_a_number };
constexpr Others kAllOthers[] = {Others::as_they_are, Others::ten_thousand_times,
                                 Others::aligned_at_the_bound, Others::zero, Others::not_a_number};

constexpr at::ScalarType kDtypes[] = {at::kDouble, at::kFloat, at::kBFloat16};

/// Sample kCanary and three others. Losses are scaled by position in the whole batch.
class Neighbours : public testing::TestWithParam<std::string> {
 protected:
  void build(at::ScalarType dtype) {
    dtype_ = dtype;
    model_ = small_gpt2(kSeq, dtype);
    batch_ = small_batch(kSamples, kSeq);
    const auto norms = run_step(*schedule_of("microbatch", 1), *model_, batch_).gradients.norms;
    canary_norm_ = norms[kCanary].item<double>();
    clip_norm_ = 0.5 * canary_norm_;
    schedule_ = schedule_of(GetParam(), clip_norm_);
  }

  /// [B]: what the others' losses are multiplied with; the canary's is `canary`.
  std::vector<double> scales(Others others, double canary) const {
    const auto scale = [&] {
      if (others == Others::ten_thousand_times) return 1e4;
      if (others == Others::aligned_at_the_bound) return clip_norm_ / canary_norm_;
      if (others == Others::zero) return 0.0;
      return others == Others::not_a_number ? NAN : 1.0;
    }();
    std::vector<double> all(kSamples, scale);
    all[kCanary] = canary;
    return all;
  }

  /// Aligned: the others are the canary's own tokens.
  Batch batch_with(Others others) const {
    if (others != Others::aligned_at_the_bound) return batch_;
    const auto copies = [](const Tensor& t) {
      return t.slice(0, kCanary, kCanary + 1).repeat({kSamples, 1});
    };
    return {copies(batch_.ids), copies(batch_.targets)};
  }

  static ScaledLosses::Scale by_position(std::vector<double> values) {
    return [values = std::move(values)](const Batch& batch, const Tensor& losses) {
      const auto first =
          batch.ids.storage_offset() / kSeq;  // of samples from the middle of a batch
      auto scale = at::full({losses.size(0)}, 1.0, at::kDouble);
      for (std::int64_t i = 0; i < losses.size(0); ++i) {
        scale[i] = values[static_cast<std::size_t>(first + i)];
      }
      return scale.to(losses.scalar_type());
    };
  }

  WideStep step(const Batch& batch, std::vector<double> scales) const {
    const ScaledLosses model(*model_, by_position(std::move(scales)));
    return wide_step(*schedule_, model, batch);
  }

  /// With the canary, and with a sample of zero loss in its place: the same products otherwise.
  std::pair<WideStep, WideStep> with_and_without(Others others) const {
    const auto batch = batch_with(others);
    return {step(batch, scales(others, 1)), step(batch, scales(others, 0))};
  }

  static double norm_of_difference(const Tensors& x, const Tensors& y) {
    double sq = 0;
    for (std::size_t k = 0; k < x.size(); ++k) {
      sq += x[k].to(at::kDouble).sub(y[k]).square().sum().item<double>();
    }
    return std::sqrt(sq);
  }

  /// Of sums of B·T products in the accumulator, relative to B contributions of norm C.
  double rounding() const { return (dtype_ == at::kDouble ? 0x1p-53 : 0x1p-24) * 64; }

  at::ScalarType dtype_ = at::kDouble;
  std::unique_ptr<Model> model_;
  std::unique_ptr<Schedule> schedule_;
  Batch batch_;
  double canary_norm_ = 0, clip_norm_ = 0;
};

TEST_P(Neighbours, TheCanarysNormAndFactorDoNotDependOnTheOthers) {
  const auto canary = [](const Tensor& values) { return values.select(-1, kCanary).clone(); };
  for (const auto dtype : kDtypes) {
    build(dtype);
    const auto expected = step(batch_, scales(Others::as_they_are, 1)).gradients;
    for (const auto others : kAllOthers) {
      SCOPED_TRACE(testing::Message() << dtype << ", others " << int(others));
      const auto found = step(batch_with(others), scales(others, 1)).gradients;
      EXPECT_TRUE(at::equal(canary(found.norms), canary(expected.norms)));
      EXPECT_TRUE(at::equal(canary(found.raw_norms), canary(expected.raw_norms)));
      EXPECT_TRUE(at::equal(canary(found.factors), canary(expected.factors)));
    }
  }
}

/// By c_i g_i, g_i as one sample's own backward forms it (in bf16 that gradient is rounded, the
/// method's not), and by no more than C.
TEST_P(Neighbours, DifferByTheCanarysClippedGradient) {
  for (const auto dtype : kDtypes) {
    build(dtype);
    const double narrowing = dtype == at::kBFloat16 ? 0x1p-7 : 0;
    for (const auto others : kAllOthers) {
      SCOPED_TRACE(testing::Message() << dtype << ", others " << int(others));
      const auto [with, without] = with_and_without(others);
      const double distance = norm_of_difference(with.sums, without.sums);
      EXPECT_GT(distance, 0.4 * clip_norm_);
      EXPECT_LE(distance, clip_norm_ * (1 + kSamples * rounding()));

      const auto c = with.gradients.factors.slice(-1, kCanary, kCanary + 1);
      auto expected = sum_one_by_one(*model_, batch_.samples(kCanary, kCanary + 1), c);
      for (std::size_t k = 0; k < expected.size(); ++k) expected[k].add_(without.sums[k]);
      EXPECT_LE(norm_of_difference(with.sums, expected),
                clip_norm_ * (kSamples * rounding() + narrowing));
    }
  }
}

/// Really one sample fewer: products of another batch size may round differently, and with them the
/// others' activations, in bf16 by 2⁻⁹ each.
TEST_P(Neighbours, DifferByTheSameWhenTheSampleIsRemoved) {
  const auto without_canary = [](const Tensor& t) {
    return at::cat({t.slice(0, 0, kCanary), t.slice(0, kCanary + 1)});
  };
  for (const auto dtype : kDtypes) {
    build(dtype);
    const Batch fewer{without_canary(batch_.ids), without_canary(batch_.targets)};
    const auto removed = step(fewer, std::vector<double>(kSamples - 1, 1)).sums;
    const auto zeroed = step(batch_, scales(Others::as_they_are, 0)).sums;
    const double narrowing = dtype == at::kBFloat16 ? 0x1p-6 : 0;
    EXPECT_LE(norm_of_difference(removed, zeroed),
              (kSamples - 1) * clip_norm_ * (rounding() + narrowing))
        << dtype;
  }
}

INSTANTIATE_TEST_SUITE_P(Methods, Neighbours, testing::ValuesIn(private_methods()),
                         [](const auto& info) { return info.param; });

}  // namespace
}  // namespace clipbench::bench::test
