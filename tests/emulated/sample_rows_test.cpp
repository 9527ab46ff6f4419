// Weighted sums of samples' rows, kept and released, on an emulated GPU, against f64.
#include <gtest/gtest.h>

#include <cmath>
#include <cstdint>
#include <deque>
#include <type_traits>
#include <utility>
#include <vector>

#include "drawn_noise.h"
#include "kernels/cuda/released_sums.h"
#include "kernels/cuda/weighted_sum.h"
#include "rows.h"

namespace clipbench::kernels {
namespace {

/// Every third sample does not count and holds NaN.
template <class In>
struct Samples {
  Rows<In> rows;
  std::vector<float> factors;

  Samples(Rows<In> of) : rows(std::move(of)) {
    for (std::size_t b = 0; b < rows.count; ++b) {
      factors.push_back(b % 3 == 1 ? 0 : 0.25f + 0.4f * float(b % 5));
      if (factors[b] == 0) rows.spoil(b);
    }
  }

  cuda::SampleRows view() const {
    return {rows.data(), kElement<In>, int(rows.count), std::int64_t(rows.size),
            std::int64_t(rows.pitch)};
  }

  /// sum[i] += Σ_b factors[b] · rows[b][i]
  void add_to(std::vector<double>& sum) const {
    for (std::size_t b = 0; b < rows.count; ++b) {
      if (factors[b] == 0) continue;
      for (std::size_t i = 0; i < rows.size; ++i) sum[i] += double{factors[b]} * rows.at(b, i);
    }
  }
};

/// Rows at every kind of place: on 16 bytes all, the first one alone, or none.
struct Case {
  std::size_t samples, size, gap, lead;
};

class EmulatedWeightedSum : public OneGpu {
 protected:
  template <class In>
  Samples<In> some(const Case& of) {
    return Rows<In>(of.samples, of.size, of.size + of.gap, of.lead, random);
  }

  template <class In>
  void check(const Case& of, std::size_t lead_of_sum) {
    const auto samples = some<In>(of);
    Rows<float> sum(1, of.size, of.size, lead_of_sum, random);
    std::vector<double> expected(sum.row(0), sum.row(0) + of.size);
    samples.add_to(expected);
    cuda::weighted_sum(samples.view(), samples.factors.data(), sum.data(), nullptr);
    EXPECT_LE(relative(sum.elements(0), expected), kRounding<float>)
        << of.samples << " samples of " << of.size << " behind " << of.lead;
    EXPECT_TRUE(sum.gaps_are_whole());
  }
};

/// Batches of every size, full and not; more elements than a sweep of all blocks.
TEST_P(EmulatedWeightedSum, IsAddedToWhatTheSumHoldsAndCountsNoRowWithFactorZero) {
  for_types([&]<class In>(In) {
    for (const Case& of : {Case{1, 7, 0, 0}, Case{1, 264, 0, 0}, Case{2, 77, 3, 1},
                           Case{3, 264, 4, 0}, Case{4, 264, 8, 8}, Case{5, 264, 0, 0},
                           Case{8, 40, 0, 4}, Case{9, 2101, 0, 3}, Case{19, 520, 0, 0}}) {
      check<In>(of, 0);
      check<In>(of, 1);
    }
  });
  check<cuda::bf16>({3, 2 * 16384 + 24, 0, 0}, 0);
}

TEST_P(EmulatedWeightedSum, OfNoSampleThatCountsStaysAsItWas) {
  Rows<cuda::f16> rows(10, 264, 264, 0);  // NaN
  const Samples<cuda::f16> samples(std::move(rows));
  const std::vector<float> factors(10);
  Rows<float> sum(1, 264, random);
  const auto before = sum.elements(0);
  cuda::weighted_sum(samples.view(), factors.data(), sum.data(), nullptr);
  EXPECT_TRUE(equal(sum.elements(0), before));
}

CLIPBENCH_ON_ALL_GPUS(EmulatedWeightedSum);

const Noise kNoise{.std = 1.5f, .seed = 3ull << 33 | 5, .stream = 77, .first = 1234567};

/// A sum and where it goes.
template <class In, class Out>
struct Released {
  Samples<In> samples;
  Rows<Out> out;
  std::uint64_t stream, first;

  cuda::ReleasedSum view() {
    return {samples.view(), samples.factors.data(), out.data(), kElement<Out>, stream, first};
  }
  std::vector<double> expected(float std) const {
    std::vector<double> sum(out.size);
    const Noise own{std, kNoise.seed, stream};
    for (std::size_t i = 0; std != 0 && i < out.size; ++i) sum[i] = noise_of(own, first + i);
    samples.add_to(sum);
    return sum;
  }
  void check(float std) const {
    EXPECT_LE(relative(out.elements(0), expected(std)), kRounding<Out>)
        << samples.rows.count << " samples of " << out.size << " behind " << samples.rows.lead
        << " to " << out.lead << ", stream " << stream << " from " << first;
    EXPECT_TRUE(out.gaps_are_whole());
  }
};

class EmulatedReleasedSums : public EmulatedWeightedSum {
 protected:
  template <class In, class Out>
  Released<In, Out> some(const Case& of, std::size_t lead_of_out, std::uint64_t stream,
                         std::uint64_t first) {
    return {EmulatedWeightedSum::some<In>(of), Rows<Out>(1, of.size, of.size, lead_of_out), stream,
            first};
  }

  template <class In, class Out>
  void check_alone(const Case& of, std::size_t lead_of_out, std::uint64_t first) {
    for (const float std : {kNoise.std, 0.f}) {
      auto sum = some<In, Out>(of, lead_of_out, 9, first);
      auto noise = kNoise;
      noise.std = std;
      const auto view = sum.view();
      cuda::release_sums({&view, 1}, noise, nullptr);
      sum.check(std);
    }
  }

  /// call(In{}, Out{}) for all types that are released as others.
  template <class Call>
  static void for_pairs_of_types(const Call& call) {
    for_types([&]<class In>(In) {
      for_types([&]<class Out>(Out) {
        if constexpr (std::is_same_v<In, Out> || sizeof(In) != sizeof(Out)) call(In{}, Out{});
      });
    });
  }
};

TEST_P(EmulatedReleasedSums, AreTheSumsWithTheirOwnStreamsNoise) {
  for_pairs_of_types([&]<class In, class Out>(In, Out) {
    for (const Case& of : {Case{1, 13, 0, 0}, Case{2, 77, 3, 1}, Case{4, 264, 8, 8},
                           Case{9, 521, 7, 0}, Case{12, 40, 0, 0}}) {
      check_alone<In, Out>(of, 0, 0);
      check_alone<In, Out>(of, 1, 4);
      check_alone<In, Out>(of, 0, 2);
    }
  });
}

/// Bit for bit, wherever it goes and however it is cut; more elements than a block's.
TEST_P(EmulatedReleasedSums, OfNoSamplesAreNoiseAlone) {
  for (const std::size_t lead : {0, 1}) {
    for (const std::uint64_t first : {0ull, 8ull, 3ull, (1ull << 34) + 6}) {
      auto sum = some<float, float>({0, 8192 + 29, 0, 0}, lead, 5ull << 40 | 1, first);
      const auto view = sum.view();
      cuda::release_sums({&view, 1}, kNoise, nullptr);
      const auto exact = sum.expected(kNoise.std);
      EXPECT_TRUE(equal(sum.out.elements(0), std::vector<float>(exact.begin(), exact.end())));
      EXPECT_TRUE(sum.out.gaps_are_whole());
    }
  }
}

TEST_P(EmulatedReleasedSums, AreRoundedOnce) {
  const auto check = [&]<class In>(In) {
    auto wide = some<In, float>({6, 1243, 0, 0}, 0, 3, 0);
    Rows<In> narrow(1, 1243, 1243, 0);
    const auto to_f32 = wide.view();
    auto to_narrow = to_f32;
    to_narrow.out = narrow.data();
    to_narrow.type = kElement<In>;
    const cuda::ReleasedSum views[] = {to_narrow, to_f32};
    cuda::release_sums(views, kNoise, nullptr);
    std::vector<In> rounded;
    for (const float value : wide.out.elements(0)) rounded.push_back(In(value));
    EXPECT_TRUE(equal(narrow.elements(0), rounded));
  };
  check(cuda::bf16{});
  check(cuda::f16{});
}

/// More than a launch takes; of several blocks, of one, of none.
TEST_P(EmulatedReleasedSums, AreReleasedTogether) {
  std::deque<Released<float, float>> wide;
  std::deque<Released<cuda::bf16, cuda::bf16>> narrow;
  std::vector<cuda::ReleasedSum> views;
  for (std::size_t k = 0; k < 150; ++k) {
    const std::size_t size = k % 50 == 3 ? 20000 + k : k % 40 == 5 ? 0 : 8 * (k % 4) + k % 5 + 2;
    wide.push_back(some<float, float>({1 + k % 10, size, k % 3, k % 2}, 0, k, k % 6));
    views.push_back(wide.back().view());
    if (k % 5 > 0) continue;
    narrow.push_back(some<cuda::bf16, cuda::bf16>({1 + k % 4, 30 + k, 0, 0}, 0, 1000 + k, 0));
    views.push_back(narrow.back().view());
  }
  cuda::release_sums(views, kNoise, nullptr);
  for (const auto& sum : wide) {
    if (sum.out.size > 0) sum.check(kNoise.std);
  }
  for (const auto& sum : narrow) sum.check(kNoise.std);
}

CLIPBENCH_ON_ALL_GPUS(EmulatedReleasedSums);

}  // namespace
}  // namespace clipbench::kernels
