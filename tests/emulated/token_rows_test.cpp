// Norms of tokens' rows and their sums, on an emulated GPU, against f64.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <vector>

#include "kernels/cuda/token_norms.h"
#include "kernels/cuda/token_sums.h"
#include "rows.h"

namespace clipbench::kernels {
namespace {

constexpr double kTolerance = 2e-6;  // f32 sums of some thousand terms
constexpr double kExcess = 2e-5;     // of upper bounds: some hundred roundings

double norm_of(const auto& rows, std::size_t i) { return root_of_squares(rows.elements(i)); }

class EmulatedTokenNorms : public OneGpu {
 protected:
  struct Case {
    std::size_t B, T, p, d, gap, lead;
  };
  static constexpr std::size_t kTokens = 16;  // of a partial sum

  template <class In>
  void check(const Case& of) {
    const auto& [B, T, p, d, gap, lead] = of;
    const Rows<In> a(B * T, p, p + gap, lead, random), g(B * T, d, d + gap, lead, random);
    cuda::TokenPairs pairs{a.data(),
                           g.data(),
                           kElement<In>,
                           int(B),
                           int(T),
                           int(p),
                           int(d),
                           std::int64_t(p + gap),
                           std::int64_t(d + gap)};
    const auto chunks = static_cast<std::size_t>(cuda::token_norm_partials(pairs));
    ASSERT_EQ(chunks, (T + kTokens - 1) / kTokens);
    Buffer<float> partials(2 * B * chunks, NAN), alone(2 * B * chunks, NAN);
    cuda::token_norms(pairs, partials.data(), nullptr);
    pairs.a = nullptr;
    cuda::token_norms(pairs, alone.data(), nullptr);
    for (std::size_t i = 0; i < B * chunks; ++i) {
      const std::size_t b = i / chunks, first = i % chunks * kTokens;
      double products = 0, gradients = 0;
      for (std::size_t t = first; t < std::min(T, first + kTokens); ++t) {
        const double norm = norm_of(g, b * T + t);
        products += norm_of(a, b * T + t) * norm;
        gradients += norm;
      }
      expect_just_above(partials[i], products);
      expect_just_above(partials[B * chunks + i], gradients);
      EXPECT_EQ(alone[i], 0);
      EXPECT_EQ(alone[B * chunks + i], partials[B * chunks + i]);
    }
  }

  static void expect_just_above(double found, double exact) {
    EXPECT_GE(found, exact);
    EXPECT_LE(found, exact * (1 + kExcess));
  }
};

TEST_P(EmulatedTokenNorms, BoundTheNormsOfRowsOfAnyWidthThatStartAnywhere) {
  for_types([&]<class In>(In) {
    for (const Case& of :
         {Case{1, 1, 1, 1, 0, 0}, Case{1, 5, 7, 8, 0, 1}, Case{3, 37, 19, 519, 3, 5},
          Case{2, 16, 1100, 40, 0, 0}, Case{1, 3, 2571, 1031, 1, 2}}) {
      SCOPED_TRACE(of.d);
      check<In>(of);
    }
  });
}

/// In a row's first and last elements as well as among its groups.
TEST_P(EmulatedTokenNorms, CountEveryElementOfARowOnce) {
  for (const std::size_t lead : {0, 1, 7}) {
    for (std::size_t at = 0; at < 45; ++at) {
      Rows<cuda::bf16> g(1, 45, 45, lead);
      std::fill_n(g.data(), 45, cuda::bf16(0.f));
      g.row(0)[at] = cuda::bf16(3.f);
      const cuda::TokenPairs pairs{nullptr, g.data(), Element::bf16, 1, 1, 0, 45, 0, 45};
      float partials[2];
      cuda::token_norms(pairs, partials, nullptr);
      expect_just_above(partials[1], 3);
    }
  }
}

CLIPBENCH_ON_ALL_GPUS(EmulatedTokenNorms);

/// Which sums are asked for.
struct Form {
  bool x, mean, plain, magnitudes;
};

class EmulatedTokenSums : public OneGpu {
 protected:
  struct Shape {
    std::size_t B, T, d;
  };

  /// What a sample's sums are, in f64.
  struct Expected {
    std::vector<double> plain, normalised, absolute;
    double sq_norm = 0;
  };

  template <class In>
  struct Operands {
    Rows<In> g, x;
    Rows<float> mean, rstd;
    Operands(const Shape& of, std::mt19937& random)
        : g(of.B * of.T, of.d, random),
          x(of.B * of.T, of.d, random),
          mean(of.B, of.T, random),
          rstd(of.B, of.T, random) {}

    cuda::TokenRows view(const Shape& of, const Form& form) const {
      return {g.data(),
              form.x ? x.data() : nullptr,
              form.mean ? mean.data() : nullptr,
              rstd.data(),
              kElement<In>,
              int(of.B),
              int(of.T),
              int(of.d)};
    }

    Expected sums(const Shape& of, const Form& form, std::size_t b) const {
      Expected sum{std::vector<double>(of.d), std::vector<double>(of.d), std::vector<double>(of.d)};
      for (std::size_t t = 0; t < of.T; ++t) {
        const std::size_t row = b * of.T + t;
        for (std::size_t c = 0; c < of.d; ++c) {
          const double plain = g.at(row, c), centre = form.mean ? mean.at(b, t) : 0;
          const double term = plain * (x.at(row, c) - centre) * rstd.at(b, t);
          sum.plain[c] += plain;
          sum.normalised[c] += term;
          sum.absolute[c] += std::abs(term) + (form.mean ? std::abs(plain) : 0);
        }
      }
      if (form.plain) sum.sq_norm += std::pow(root_of_squares(sum.plain), 2);
      if (form.x) sum.sq_norm += std::pow(root_of_squares(sum.normalised), 2);
      return sum;
    }
  };

  template <class In>
  void check(const Shape& of, const Form& form) {
    const Operands<In> operands(of, random);
    Buffer<float> plain(of.B * of.d, NAN), normalised(of.B * of.d, NAN), sq_norms(of.B, NAN),
        magnitudes(of.B, NAN);
    const auto rows = operands.view(of, form);
    const cuda::TokenSumsOut out{form.plain ? plain.data() : nullptr,
                                 form.x ? normalised.data() : nullptr, sq_norms.data(),
                                 form.magnitudes ? magnitudes.data() : nullptr};
    Buffer<float> scratch(static_cast<std::size_t>(cuda::token_sums_scratch(rows, out)), NAN);
    cuda::token_sums(rows, scratch.data(), out, nullptr);
    for (std::size_t b = 0; b < of.B; ++b) {
      const auto expected = operands.sums(of, form, b);
      const auto sums = [&](const Buffer<float>& all) { return all.data() + b * of.d; };
      if (form.plain) {
        EXPECT_LE(relative(sums(plain), expected.plain), kTolerance);
      }
      if (form.x) {
        EXPECT_LE(relative(sums(normalised), expected.normalised), kTolerance);
      }
      EXPECT_LE(std::abs(sq_norms[b] / expected.sq_norm - 1), 2 * kTolerance);
      if (!form.magnitudes) continue;
      const double magnitude = root_of_squares(expected.absolute);
      EXPECT_GE(magnitudes[b], magnitude);
      EXPECT_LE(magnitudes[b], magnitude * (1 + kExcess));
    }
  }

  void check_all(const Form& form) {
    for_types([&]<class In>(In) {
      for (const Shape& of :
           {Shape{1, 1, 8}, Shape{3, 7, 264}, Shape{2, 129, 520}, Shape{1, 300, 40}}) {
        SCOPED_TRACE(of.T);
        check<In>(of, form);
      }
    });
  }
};

TEST_P(EmulatedTokenSums, AreABiasGradient) { check_all({false, false, true, false}); }

TEST_P(EmulatedTokenSums, AreALayerNormsGradients) {
  check_all({true, true, true, false});
  check_all({true, true, true, true});
}

TEST_P(EmulatedTokenSums, AreAnRmsNormsGradientWithoutMeanAndBias) {
  check_all({true, false, false, false});
  check_all({true, false, false, true});
}

/// More tokens than 32 chunks of 128 hold.
TEST_P(EmulatedTokenSums, TakeLongSamples) {
  check<cuda::bf16>({1, 4200, 8}, {true, true, true, true});
}

CLIPBENCH_ON_ALL_GPUS(EmulatedTokenSums);

}  // namespace
}  // namespace clipbench::kernels
