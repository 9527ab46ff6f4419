// Sums of guarded norms over a model's parts, on an emulated GPU, against the guards' formulas.
#include "kernels/cuda/guarded_norms.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <random>
#include <vector>

#include "rows.h"

namespace clipbench::kernels {
namespace {

using cuda::Guard;

constexpr double kTolerance = 1e-14;  // f64 sums of some hundred terms in another order
constexpr Guard kGuards[] = {Guard::gram, Guard::width, Guard::cross, Guard::stored};

/// One value a sample, f64 or f32.
struct Values {
  bool wide;
  Buffer<double> in_f64;
  Buffer<float> in_f32;

  Values(bool of_f64, std::size_t samples) : wide(of_f64), in_f64(samples), in_f32(samples) {}
  void set(std::size_t b, double value) {
    in_f64[b] = value;
    in_f32[b] = static_cast<float>(value);
  }
  double at(std::size_t b) const { return wide ? in_f64[b] : in_f32[b]; }
  cuda::SampleValues view() const {
    return {wide ? static_cast<const void*>(in_f64.data()) : in_f32.data(), wide};
  }
};

struct Part {
  Guard guard;
  double weight, relative;
  Values sq, magnitude;

  double safe(std::size_t b) const {
    const double n = sq.at(b), m = magnitude.at(b);
    switch (guard) {
      case Guard::gram:
        return relative * (std::max(n, 0.) + weight * m * m);
      case Guard::width:
        return relative * std::pow(std::sqrt(n) + weight * m, 2);
      case Guard::cross:
        return n + weight * m;
      default:
        return relative * n;
    }
  }
  cuda::GuardedPart view() const {
    const bool has_magnitude = guard != Guard::stored;
    return {sq.view(), has_magnitude ? magnitude.view() : cuda::SampleValues{}, weight, relative,
            guard};
  }
};

class EmulatedGuardedNorms : public OneGpu {
 protected:
  /// With guards that are as large as the norms.
  Part some_part(Guard guard, bool wide, std::size_t samples) {
    std::uniform_real_distribution<double> uniform(0.1, 1);
    Part part{guard, uniform(random), 1 + uniform(random), {wide, samples}, {!wide, samples}};
    for (std::size_t b = 0; b < samples; ++b) {
      const bool may_be_negative = guard == Guard::gram || guard == Guard::cross;
      part.sq.set(b, uniform(random) - (may_be_negative ? 0.4 : 0));
      part.magnitude.set(b, 1 + uniform(random));
    }
    return part;
  }

  std::vector<Part> some_parts(std::size_t count, std::size_t samples) {
    std::vector<Part> parts;
    for (std::size_t k = 0; k < count; ++k) {
      parts.push_back(some_part(kGuards[k % 4], k / 4 % 2 == 0, samples));
    }
    return parts;
  }

  struct Sums {
    std::vector<double> sq, safe_sq;
  };
  static Sums guarded(const std::vector<Part>& parts, std::size_t samples) {
    std::vector<cuda::GuardedPart> views;
    for (const Part& part : parts) views.push_back(part.view());
    Buffer<double> sq(samples, NAN), safe_sq(samples, NAN);
    cuda::guarded_norms(views, static_cast<int>(samples), sq.data(), safe_sq.data(), nullptr);
    return {{sq.data(), sq.data() + samples}, {safe_sq.data(), safe_sq.data() + samples}};
  }
  static Sums expected(const std::vector<Part>& parts, std::size_t samples) {
    Sums sums{std::vector<double>(samples), std::vector<double>(samples)};
    for (const Part& part : parts) {
      for (std::size_t b = 0; b < samples; ++b) {
        sums.sq[b] += part.sq.at(b);
        sums.safe_sq[b] += part.safe(b);
      }
    }
    return sums;
  }
};

TEST_P(EmulatedGuardedNorms, OfOnePartFollowItsKindsFormula) {
  for (const Guard guard : kGuards) {
    for (const bool wide : {false, true}) {
      std::vector<Part> parts;
      parts.push_back(some_part(guard, wide, 7));
      const auto found = guarded(parts, 7), exact = expected(parts, 7);
      EXPECT_TRUE(equal(found.sq, exact.sq)) << int(guard);
      EXPECT_LE(max_relative(found.safe_sq, exact.safe_sq), kTolerance) << int(guard);
    }
  }
}

/// Fewer than a block has threads, more, and more than a launch takes.
TEST_P(EmulatedGuardedNorms, AreSummedOverParts) {
  for (const std::size_t count : {3, 256, 300, 512, 1030}) {
    const auto parts = some_parts(count, 3);
    const auto found = guarded(parts, 3), exact = expected(parts, 3);
    EXPECT_LE(max_relative(found.sq, exact.sq), kTolerance) << count;
    EXPECT_LE(max_relative(found.safe_sq, exact.safe_sq), kTolerance) << count;
  }
}

TEST_P(EmulatedGuardedNorms, ASamplesNanIsItsOwnAndIsNotLost) {
  auto parts = some_parts(520, 9);
  for (std::size_t b = 0; b < 4; ++b) {
    parts[b].sq.set(b, NAN);
    parts[512 + b].sq.set(4 + b, NAN);
  }
  const auto found = guarded(parts, 9);
  for (std::size_t b = 0; b < 8; ++b) {
    EXPECT_TRUE(std::isnan(found.sq[b]) && std::isnan(found.safe_sq[b])) << b;
  }
  EXPECT_TRUE(std::isfinite(found.sq[8]) && std::isfinite(found.safe_sq[8]));
}

CLIPBENCH_ON_ALL_GPUS(EmulatedGuardedNorms);

}  // namespace
}  // namespace clipbench::kernels
