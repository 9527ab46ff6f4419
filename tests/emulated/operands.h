// A linear layer's operands in the CPU's memory, what f64 makes of them, and what kernels on an
// emulated GPU do.
#pragma once

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstdint>
#include <random>
#include <string>
#include <type_traits>
#include <vector>

#include "buffer.h"
#include "kernels/cuda/linear_kernels.h"

namespace clipbench::kernels {

using cuda::Batch, cuda::LinearLayer, cuda::SumRows;

struct Shape {
  int B, T, p, d;
};

inline float rounded_to_tf32(float value) {
  const auto bits = std::bit_cast<std::uint32_t>(value);
  return std::bit_cast<float>((bits + 0x1000) & ~0x1fffu);
}

/// A layer's operands, with rows that are longer than they need be, and its samples' gradients.
template <class In>
struct Operands {
  Shape shape;
  std::size_t a_pitch, g_pitch;
  Buffer<In> a, g;
  std::vector<std::vector<double>> gradients;  // [B][d·p]

  Operands(const Shape& of, std::mt19937& random)
      : shape(of),
        a_pitch(static_cast<std::size_t>(of.p + 8)),
        g_pitch(static_cast<std::size_t>((of.d + 7) / 8 * 8)),
        a(static_cast<std::size_t>(of.B * of.T) * a_pitch, In(NAN)),
        g(static_cast<std::size_t>(of.B * of.T) * g_pitch, In(NAN)) {
    std::normal_distribution<float> normal;
    for (std::size_t row = 0; row < static_cast<std::size_t>(of.B * of.T); ++row) {
      for (int i = 0; i < of.p; ++i) a[row * a_pitch + i] = In(normal(random));
      for (int i = 0; i < of.d; ++i) g[row * g_pitch + i] = In(normal(random));
    }
    for (int b = 0; b < of.B; ++b) gradients.push_back(product(b));
  }

  static double value(In x) {
    return std::is_same_v<In, float> ? rounded_to_tf32(float(x)) : float(x);
  }

  std::vector<double> product(int b) const {
    const auto p = static_cast<std::size_t>(shape.p), d = static_cast<std::size_t>(shape.d);
    std::vector<double> sum(p * d), inputs(p);
    for (int t = 0; t < shape.T; ++t) {
      const auto row = static_cast<std::size_t>(b * shape.T + t);
      for (std::size_t j = 0; j < p; ++j) inputs[j] = value(a[row * a_pitch + j]);
      for (std::size_t i = 0; i < d; ++i) {
        const double factor = value(g[row * g_pitch + i]);
        for (std::size_t j = 0; j < p; ++j) sum[i * p + j] += factor * inputs[j];
      }
    }
    return sum;
  }

  LinearLayer layer() const {
    return {a.data(),    g.data(), shape.p, shape.d, std::int64_t(a_pitch), std::int64_t(g_pitch),
            kElement<In>};
  }
  Batch batch() const { return {shape.B, shape.T}; }

  std::vector<double> sq_norms() const {
    std::vector<double> norms;
    for (const auto& gradient : gradients) norms.push_back(std::pow(root_of_squares(gradient), 2));
    return norms;
  }

  std::vector<double> clipped_sum(const std::vector<float>& factors) const {
    std::vector<double> sum(gradients[0].size());
    for (std::size_t b = 0; b < gradients.size(); ++b) {
      if (factors[b] == 0) continue;
      for (std::size_t i = 0; i < sum.size(); ++i) sum[i] += double{factors[b]} * gradients[b][i];
    }
    return sum;
  }

  /// Divides g by the factors, so that samples count the same.
  void undo(const std::vector<float>& factors) {
    const std::size_t of_sample = static_cast<std::size_t>(shape.T) * g_pitch;
    for (std::size_t b = 0; b < factors.size(); ++b) {
      if (factors[b] == 0) continue;
      for (std::size_t i = 0; i < of_sample; ++i) {
        In& value = g[b * of_sample + i];
        value = In(float(value) / factors[b]);
      }
      gradients[b] = product(static_cast<int>(b));
    }
  }

  /// What no kernel may read.
  void spoil(const std::vector<float>& factors) {
    const auto T = static_cast<std::size_t>(shape.T);
    for (std::size_t b = 0; b < factors.size(); ++b) {
      if (factors[b] != 0) continue;
      std::fill_n(a.data() + b * T * a_pitch, T * a_pitch, In(NAN));
      std::fill_n(g.data() + b * T * g_pitch, T * g_pitch, In(INFINITY));
    }
  }
};

inline constexpr double kTolerance = 2e-5;  // of f32 sums
inline constexpr double kGramTolerance =
    4e-5;  // its terms cancel where the gradient's squares don't
inline constexpr double kOrderTolerance = 1e-6;  // of f32 squares and sums added in another order

/// Layers with room for what the kernels of a table say of them.
template <class In>
struct Kernels {
  const cuda::LinearKernels& table;
  std::vector<LinearLayer> layers;
  Batch batch;

  Kernels(const cuda::LinearKernels& kernels, const std::vector<const Operands<In>*>& of)
      : table(kernels), batch(of[0]->batch()) {
    for (const auto* operands : of) layers.push_back(operands->layer());
  }

  std::size_t samples() const { return static_cast<std::size_t>(batch.samples); }
  std::size_t size(std::size_t layer) const {
    return static_cast<std::size_t>(layers[layer].p * layers[layer].d);
  }
  static Buffer<float> scratch(std::int64_t floats) {
    return Buffer<float>(static_cast<std::size_t>(floats), NAN);
  }

  /// [layers·B].
  std::vector<float> width() const {
    auto partials = scratch(table.norm_scratch(layers, batch));
    std::vector<float> norms(layers.size() * samples(), NAN);
    table.width_sq_norms(layers, batch, partials.data(), norms.data(), nullptr);
    return norms;
  }

  /// [3·layers·B].
  std::vector<float> gram() const {
    auto partials = scratch(table.gram_scratch(layers, batch));
    const std::size_t plane = layers.size() * samples();
    std::vector<float> norms(cuda::kGramSums * plane, NAN);
    table.gram_norms(layers, batch, partials.data(), norms.data(), static_cast<std::int64_t>(plane),
                     nullptr);
    return norms;
  }

  struct Stored {
    std::vector<Buffer<In>> gradients;
    std::vector<float> sq_norms;
  };
  Stored stored() const {
    auto partials = scratch(table.norm_scratch(layers, batch));
    Stored result{{}, std::vector<float>(layers.size() * samples(), NAN)};
    std::vector<void*> to;
    for (std::size_t i = 0; i < layers.size(); ++i) {
      result.gradients.emplace_back(size(i) * samples(), In(NAN));
      to.push_back(result.gradients.back().data());
    }
    table.stored_gradients(layers, to, batch, partials.data(), result.sq_norms.data(), nullptr);
    return result;
  }

  static std::vector<SumRows> rows_of(std::vector<Buffer<float>>& sums,
                                      const std::vector<LinearLayer>& layers) {
    std::vector<SumRows> rows;
    for (std::size_t i = 0; i < sums.size(); ++i) rows.push_back({sums[i].data(), 0, layers[i].d});
    return rows;
  }

  Buffer<float> sum_scratch(const std::vector<SumRows>& rows) const {
    return scratch(table.clipped_sum_scratch_bytes(rows, layers, batch) / 4);
  }

  /// Adds to `sums`.
  void add_clipped(std::vector<Buffer<float>>& sums, const std::vector<float>& factors) const {
    const auto rows = rows_of(sums, layers);
    auto parts = sum_scratch(rows);
    table.clipped_sum(layers, rows, batch, factors.data(), parts.data(), nullptr);
  }

  std::vector<Buffer<float>> zeros() const {
    std::vector<Buffer<float>> sums;
    for (std::size_t i = 0; i < layers.size(); ++i) sums.emplace_back(size(i));
    return sums;
  }

  std::vector<Buffer<float>> clipped(const std::vector<float>& factors) const {
    auto sums = zeros();
    add_clipped(sums, factors);
    return sums;
  }

  /// Of the first layer.
  template <class Out>
  Buffer<Out> released(const std::vector<float>& factors, const Noise& noise) const {
    Buffer<Out> sum(size(0), Out(NAN));
    const std::vector<SumRows> rows{{sum.data(), 0, layers[0].d, noise.stream}};
    auto parts = sum_scratch(rows);
    table.released_sum(layers, rows, kElement<Out>, batch, factors.data(), noise, parts.data(),
                       nullptr);
    return sum;
  }
};

/// Every third sample does not count.
inline std::vector<float> some_factors(int samples) {
  std::vector<float> factors;
  for (int b = 0; b < samples; ++b) {
    factors.push_back(b % 3 == 1 ? 0 : 0.05f + static_cast<float>(b * 7 % 10) / 10);
  }
  return factors;
}

struct Case {
  Settings settings;
  Shape shape;
};

inline std::string case_name(const testing::TestParamInfo<Case>& info) {
  const auto& [settings, shape] = info.param;
  std::string name = words(settings);
  for (const int n : {shape.B, shape.T, shape.p, shape.d}) name += "_" + std::to_string(n);
  return name;
}

}  // namespace clipbench::kernels
