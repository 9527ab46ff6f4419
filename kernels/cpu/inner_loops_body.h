// The inner loops, for the instruction set that the including file is compiled for. That file
// defines kVectorBytes and kRows, of a tile of outer() that fits the registers. No function here
// has a name outside of its file: the linker would take any file's.
#include <cstring>
#include <type_traits>
#include <utility>

#include "kernels/cpu/inner_loops.h"

namespace clipbench::kernels::cpu {
namespace {

typedef float Floats __attribute__((vector_size(kVectorBytes)));
typedef double Doubles __attribute__((vector_size(kVectorBytes)));
template <class T>
using Vector = std::conditional_t<std::is_same_v<T, double>, Doubles, Floats>;
template <class T>
constexpr int kLanes = kVectorBytes / sizeof(T);

template <class T>
inline Vector<T> load(const T* from) {
  Vector<T> all;
  std::memcpy(&all, from, sizeof all);
  return all;
}

typedef std::uint32_t Bits __attribute__((vector_size(kVectorBytes)));

template <class Narrow>
inline Bits load_bits(const Narrow* from) {
  typedef std::uint16_t Half __attribute__((vector_size(kVectorBytes / 2)));
  Half narrow;
  std::memcpy(&narrow, from, sizeof narrow);
  return __builtin_convertvector(narrow, Bits);
}

inline Floats load(const Bf16* from) { return reinterpret_cast<Floats>(load_bits(from) << 16); }

/// As widened(F16).
inline Floats load(const F16* from) {
  const Bits bits = load_bits(from), magnitude = bits & 0x7fffu;
  const auto special = reinterpret_cast<Bits>(magnitude >= 0x7c00u) & 0x7f800000u;
  const auto value = reinterpret_cast<Floats>(magnitude << 13) * 0x1p112f;
  return reinterpret_cast<Floats>(reinterpret_cast<Bits>(value) | special | (bits & 0x8000u) << 16);
}

template <class In>
inline Vector<Wide<In>> load_first(const In* from, std::int64_t n) {
  In all[kLanes<Wide<In>>] = {};
  std::memcpy(all, from, static_cast<std::size_t>(n) * sizeof(In));
  return load(all);
}

template <int panel, class In>
void pack(const In* from, std::int64_t step, std::int64_t k, int width, Wide<In> scale,
          Wide<In>* to) {
  if (width == panel) {  // its loops have no remainder
    for (; k > 0; --k, from += step, to += panel) {
      for (int i = 0; i < panel; ++i) to[i] = scale * widened(from[i]);
    }
    return;
  }
  for (; k > 0; --k, from += step, to += panel) {
    for (int i = 0; i < width; ++i) to[i] = scale * widened(from[i]);
    for (int i = width; i < panel; ++i) to[i] = 0;
  }
}

/// Vectors side by side in a tile of outer(): with kRows rows of them in registers, every row of b
/// is loaded once.
constexpr int kVectors = 2;
template <class T>
constexpr int kColumns = kVectors* kLanes<T>;

template <class T>
void outer(std::int64_t k, const T* a, const T* b, T* c) {
  Vector<T> sums[kRows][kVectors] = {};
  for (; k > 0; --k, a += kRows, b += kColumns<T>) {
    const Vector<T> left = load(b), right = load(b + kLanes<T>);
#pragma GCC unroll 16
    for (int row = 0; row < kRows; ++row) {
      sums[row][0] += a[row] * left;
      sums[row][1] += a[row] * right;
    }
  }
  std::memcpy(c, sums, sizeof sums);
}

template <class T>
double squares(const T* c) {
  Vector<T> sums = {};
  for (int i = 0; i < kRows * kColumns<T>; i += kLanes<T>) {
    const auto x = load(c + i);
    sums += x * x;
  }
  double sum = 0;
  for (int lane = 0; lane < kLanes<T>; ++lane) sum += static_cast<double>(sums[lane]);
  return sum;
}

/// As many dot products as a vector has lanes: their sums end in one.
template <class T>
constexpr int kDotRows = kLanes<T> >= 8 ? 4 : 2;
template <class T>
constexpr int kDotColumns = kLanes<T> / kDotRows<T>;

/// x's sums of neighbours, then y's.
template <class V, int... lane>
inline V added_neighbours(V x, V y, std::integer_sequence<int, lane...>) {
  return __builtin_shufflevector(x, y, (2 * lane)...) +
         __builtin_shufflevector(x, y, (2 * lane + 1)...);
}

/// Lane i: the sum of x[i]'s lanes.
template <class T>
inline Vector<T> lane_sums(Vector<T> (&x)[kLanes<T>]) {
  constexpr auto lanes = std::make_integer_sequence<int, kLanes<T>>();
#pragma GCC unroll 8
  for (int n = kLanes<T> / 2; n > 0; n /= 2) {
#pragma GCC unroll 8
    for (int i = 0; i < n; ++i) x[i] = added_neighbours(x[2 * i], x[2 * i + 1], lanes);
  }
  return x[0];
}

template <class In>
void dots(std::int64_t n, const In* const* a, const In* const* b, Wide<In>* c) {
  using T = Wide<In>;
  constexpr int kTall = kDotRows<T>, kBroad = kDotColumns<T>;
  Vector<T> sums[kLanes<T>] = {};
  const auto add = [&](const auto& loaded) __attribute__((always_inline)) {
    Vector<T> left[kTall];
#pragma GCC unroll 4
    for (int row = 0; row < kTall; ++row) left[row] = loaded(a[row]);
#pragma GCC unroll 4
    for (int column = 0; column < kBroad; ++column) {
      const Vector<T> right = loaded(b[column]);
#pragma GCC unroll 4
      for (int row = 0; row < kTall; ++row) sums[row * kBroad + column] += left[row] * right;
    }
  };
  std::int64_t i = 0;
  for (; i + kLanes<T> <= n; i += kLanes<T>) {
    add([i](const In* row) __attribute__((always_inline)) { return load(row + i); });
  }
  if (i < n) add([i, n](const In* row) { return load_first(row + i, n - i); });
  const Vector<T> all = lane_sums<T>(sums);
  std::memcpy(c, &all, sizeof all);
}

// Philox4x32-10 and Box–Muller, as kernels/cuda/philox.cuh, for kNormalGroups groups at once: plain
// loops over lanes, which the compiler makes vectors of.

using Words = std::uint32_t[kNormalGroups];
using Values = float[kNormalGroups];

inline void multiply(std::uint32_t by, const Words& x, Words& high, Words& low) {
  for (int i = 0; i < kNormalGroups; ++i) {
    const std::uint64_t product = std::uint64_t{by} * x[i];
    high[i] = static_cast<std::uint32_t>(product >> 32);
    low[i] = static_cast<std::uint32_t>(product);
  }
}

inline void philox(std::uint64_t seed, Words (&counter)[4]) {
  auto key_left = static_cast<std::uint32_t>(seed),
       key_right = static_cast<std::uint32_t>(seed >> 32);
  for (int round = 0; round < 10; ++round) {
    Words high_left, low_left, high_right, low_right;
    multiply(0xD2511F53u, counter[0], high_left, low_left);
    multiply(0xCD9E8D57u, counter[2], high_right, low_right);
    for (int i = 0; i < kNormalGroups; ++i) {
      counter[0][i] = high_right[i] ^ counter[1][i] ^ key_left;
      counter[1][i] = low_right[i];
      counter[2][i] = high_left[i] ^ counter[3][i] ^ key_right;
      counter[3][i] = low_left[i];
    }
    key_left += 0x9E3779B9u;
    key_right += 0xBB67AE85u;
  }
}

/// ln x of a normal x > 0; relative error 2e-7. Polynomials fitted at Chebyshev nodes.
inline float log_of(float x) {
  constexpr std::uint32_t kRootOfHalf = 0x3f3504f3u;
  std::uint32_t bits;
  std::memcpy(&bits, &x, sizeof bits);
  const auto exponent = static_cast<std::int32_t>(bits - kRootOfHalf) >> 23;  // of x in [√½, √2)
  bits -= static_cast<std::uint32_t>(exponent) << 23;
  float mantissa;
  std::memcpy(&mantissa, &bits, sizeof mantissa);
  const float f = mantissa - 1;
  float p = -0.0810155869f;
  p = p * f + 0.127123073f;
  p = p * f - 0.129722387f;
  p = p * f + 0.142021745f;
  p = p * f - 0.166422471f;
  p = p * f + 0.200014681f;
  p = p * f - 0.25000298f;
  p = p * f + 0.333333284f;
  return f - 0.5f * f * f + f * f * f * p + static_cast<float>(exponent) * 0.693147181f;
}

/// Of π·b/2³¹, b as a signed number: the nearest quarter turn, and polynomials of the rest.
inline void sine_and_cosine(std::uint32_t b, float& sine, float& cosine) {
  const std::uint32_t quarter = (b + 0x20000000u) >> 30;
  const float x =
      static_cast<float>(static_cast<std::int32_t>(b - (quarter << 30))) * 1.46291808e-9f;
  const float y = x * x;
  const float s = x + x * y * (-0.166666642f + y * (0.0083327489f - y * 0.000195879504f));
  const float c =
      1 - 0.5f * y + y * y * (0.0416666642f + y * (-0.00138883037f + y * 2.4547986e-05f));
  const bool is_odd = quarter & 1;
  const float of_sine = is_odd ? c : s, of_cosine = is_odd ? s : c;
  sine = quarter & 2 ? -of_sine : of_sine;
  cosine = (quarter + 1) & 2 ? -of_cosine : of_cosine;
}

inline void normal_pairs(const Words& a, const Words& b, Values& left, Values& right) {
  for (int i = 0; i < kNormalGroups; ++i) {
    const float uniform = (static_cast<float>(a[i]) + 0.5f) * 0x1p-32f;
    const float capped = uniform < 1.f - 0x1p-24f ? uniform : 1.f - 0x1p-24f;
    const float radius = __builtin_sqrtf(-2.f * log_of(capped));
    float sine, cosine;
    sine_and_cosine(b[i], sine, cosine);
    left[i] = radius * cosine;
    right[i] = radius * sine;
  }
}

void normals(std::uint64_t seed, std::uint64_t stream, std::uint64_t group, float* out) {
  Words counter[4];
  for (int i = 0; i < kNormalGroups; ++i) {
    const auto at = group + static_cast<std::uint64_t>(i);
    counter[0][i] = static_cast<std::uint32_t>(at);
    counter[1][i] = static_cast<std::uint32_t>(at >> 32);
    counter[2][i] = static_cast<std::uint32_t>(stream);
    counter[3][i] = static_cast<std::uint32_t>(stream >> 32);
  }
  philox(seed, counter);
  Values z[4];
  normal_pairs(counter[0], counter[1], z[0], z[1]);
  normal_pairs(counter[2], counter[3], z[2], z[3]);
  for (int i = 0; i < kNormalGroups; ++i) {
    for (int k = 0; k < 4; ++k) out[4 * i + k] = z[k][i];
  }
}

template <class In>
constexpr InnerLoops<In> these_loops() {
  using T = Wide<In>;
  return {kRows,       kColumns<T>,    pack<kRows, In>, pack<kColumns<T>, In>, outer<T>, squares<T>,
          kDotRows<T>, kDotColumns<T>, dots<In>};
}

}  // namespace
}  // namespace clipbench::kernels::cpu
