// Tests of kernels on an emulated GPU: the CPU's memory for them, and how far what they leave there
// is from what it should be.
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <cstring>
#include <memory>
#include <new>
#include <random>
#include <span>
#include <string>
#include <type_traits>
#include <vector>

#include "gpu.h"
#include "kernels/cuda/elements.cuh"

namespace clipbench::kernels {

using cuda::Element;
using emulated::Settings;

template <class In>
inline constexpr Element kElement = std::is_same_v<In, float>       ? Element::f32
                                    : std::is_same_v<In, cuda::f16> ? Element::f16
                                                                    : Element::bf16;

/// On 16 bytes, as tensors are. Nobody may write behind it.
template <class T>
class Buffer {
 public:
  explicit Buffer(std::size_t size, T value = {})
      : memory_(static_cast<T*>(::operator new(size * sizeof(T) + kGuardBytes, kAlignment))),
        size_(size) {
    std::fill_n(memory_.get(), size, value);
    std::ranges::fill(guard(), kGuard);
  }
  Buffer(Buffer&&) = default;
  ~Buffer() {
    const bool whole = !memory_ || std::ranges::count(guard(), kGuard) == kGuardBytes;
    EXPECT_TRUE(whole) << "written behind " << size_ << " elements";
  }
  T* data() { return memory_.get(); }
  const T* data() const { return memory_.get(); }
  std::size_t size() const { return size_; }
  T& operator[](std::size_t i) { return memory_.get()[i]; }
  const T& operator[](std::size_t i) const { return memory_.get()[i]; }

 private:
  static constexpr std::uint8_t kGuard = 0xa5;
#ifdef __SANITIZE_ADDRESS__
  static constexpr int kGuardBytes = 0;  // the sanitizer watches what lies behind
#else
  static constexpr int kGuardBytes = 2048;  // a row of the widest tile
#endif
  static constexpr std::align_val_t kAlignment{256};

  std::span<std::uint8_t> guard() const {
    auto* const bytes = reinterpret_cast<std::uint8_t*>(memory_.get());
    return {bytes + size_ * sizeof(T), kGuardBytes};
  }

  struct Free {
    void operator()(T* memory) const { ::operator delete(memory, kAlignment); }
  };
  std::unique_ptr<T, Free> memory_;
  std::size_t size_;
};

/// Kernels on one GPU.
class OneGpu : public testing::TestWithParam<Settings> {
 protected:
  void SetUp() override { emulated::use(GetParam()); }
  std::mt19937 random{GetParam().seed};
};

inline double root_of_squares(const auto& values) {
  double sum = 0;
  for (std::size_t i = 0; i < values.size(); ++i) sum += double(values[i]) * double(values[i]);
  return std::sqrt(sum);
}

/// ‖x − y‖ / ‖y‖.
inline double relative(const auto& x, const auto& y) {
  std::vector<double> difference(y.size());
  for (std::size_t i = 0; i < y.size(); ++i) difference[i] = double(x[i]) - double(y[i]);
  return root_of_squares(difference) / root_of_squares(y);
}

inline double max_relative(const auto& x, const auto& y) {
  double most = 0;
  for (std::size_t i = 0; i < y.size(); ++i) {
    const double error = std::abs(double(x[i]) / double(y[i]) - 1);
    if (std::isnan(error)) return error;
    most = std::max(most, error);
  }
  return most;
}

inline bool equal(const auto& x, const auto& y) {
  if (x.size() != y.size()) return false;
  return x.size() == 0 || std::memcmp(x.data(), y.data(), x.size() * sizeof(x[0])) == 0;
}

inline std::string words(const Settings& settings) {
  std::string name = std::to_string(settings.multiprocessors) + "_multiprocessors";
  if (settings.late_loads) name += "_late_loads";
  if (settings.late_products) name += "_late_products";
  if (settings.unfair) name += "_unfair";
  return name;
}

}  // namespace clipbench::kernels
