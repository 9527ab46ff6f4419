// Rows of elements in the CPU's memory, wherever they start, and tests of the kernels of
// kernels/cuda, which read them.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <random>
#include <string>
#include <vector>

#include "buffer.h"

namespace clipbench::kernels {

/// [count, size], `pitch` elements apart, the first one `lead` elements behind 256 bytes; NaN where
/// no row is.
template <class T>
class Rows {
 public:
  std::size_t count, size, pitch, lead;

  Rows(std::size_t rows, std::size_t elements, std::size_t apart, std::size_t before)
      : count(rows),
        size(elements),
        pitch(apart),
        lead(before),
        memory_(before + rows * apart, T(NAN)) {}
  Rows(std::size_t rows, std::size_t elements, std::mt19937& random)
      : Rows(rows, elements, elements, 0, random) {}
  Rows(std::size_t rows, std::size_t elements, std::size_t apart, std::size_t before,
       std::mt19937& random)
      : Rows(rows, elements, apart, before) {
    std::normal_distribution<float> normal;
    for (std::size_t i = 0; i < rows; ++i) {
      for (std::size_t j = 0; j < elements; ++j) row(i)[j] = T(normal(random));
    }
  }

  T* data() { return memory_.data() + lead; }
  const T* data() const { return memory_.data() + lead; }
  T* row(std::size_t i) { return data() + i * pitch; }
  const T* row(std::size_t i) const { return data() + i * pitch; }
  double at(std::size_t i, std::size_t j) const { return double(float(row(i)[j])); }
  std::vector<T> elements(std::size_t i) const { return {row(i), row(i) + size}; }
  void spoil(std::size_t i) { std::fill_n(row(i), size, T(NAN)); }

  /// Whether what lies before and between the rows is as it was.
  bool gaps_are_whole() const {
    for (std::size_t i = 0; i < memory_.size(); ++i) {
      const bool in_a_row = i >= lead && (i - lead) % pitch < size;
      if (!in_a_row && !std::isnan(float(memory_[i]))) return false;
    }
    return true;
  }

 private:
  Buffer<T> memory_;
};

/// call(an element of every type).
template <class Call>
void for_types(const Call& call) {
  for (const Element type : cuda::kElements) {
    SCOPED_TRACE("element type " + std::to_string(static_cast<int>(type)));
    cuda::with_element(type, call);
  }
}

/// Half a spacing, relative, and a little more for what was summed before it was rounded.
template <class T>
inline constexpr double kRounding = std::is_same_v<T, float>       ? 2e-6
                                    : std::is_same_v<T, cuda::f16> ? 5e-4
                                                                   : 4e-3;

inline const Settings kGpus[] = {{.multiprocessors = 1, .seed = 1},
                                 {.multiprocessors = 2, .seed = 2},
                                 {.multiprocessors = 4, .seed = 3, .unfair = true}};

#define CLIPBENCH_ON_ALL_GPUS(Suite)                              \
  INSTANTIATE_TEST_SUITE_P(Gpus, Suite, testing::ValuesIn(kGpus), \
                           [](const auto& info) { return words(info.param); })

}  // namespace clipbench::kernels
