// What tensor cores do.
#include <cuda_fp16.h>

#include <algorithm>
#include <bit>
#include <cstdint>
#include <cstring>
#include <span>
#include <vector>

#include "machine.h"

namespace emulated {
namespace {

constexpr int kRows = 64, kMaxColumns = 256, kMaxSteps = 16;

int steps_of(Operands type) { return type == Operands::tf32 ? 8 : 16; }

/// The lowest bits, as an operand.
float widened(std::uint32_t bits, Operands type) {
  if (type == Operands::tf32) return std::bit_cast<float>(bits & ~0x1fffu);
  if (type == Operands::bf16) return std::bit_cast<float>(bits << 16);
  return __half2float(__ushort_as_half(static_cast<unsigned short>(bits)));
}

/// Elements [k][row] of an operand: 16 k of 2 bytes, or 8 of 4.
class Operand {
 public:
  float values[kMaxSteps][kMaxColumns];

  void read(Block& of, const Product& product, std::uint64_t descriptor, int rows) {
    const std::uint32_t start = field(descriptor, 0), row_stride = field(descriptor, 16),
                        group_stride = field(descriptor, 32);
    const std::uint32_t row_bytes = descriptor >> 62 == 1 ? 128 : 64;
    const bool wide = product.operands == Operands::tf32;
    const std::uint32_t size = wide ? 4 : 2, of_row = row_bytes / size;
    for (std::uint32_t k = 0; k < 32 / size; ++k) {
      for (std::uint32_t i = 0; i < static_cast<std::uint32_t>(rows); ++i) {
        const std::uint32_t at = product.by_k
                                     ? start + i / 8 * group_stride + i % 8 * row_bytes + k * size
                                     : start + i / of_row * row_stride + k / 8 * group_stride +
                                           k % 8 * row_bytes + i % of_row * size;
        std::uint32_t bits = 0;
        std::memcpy(&bits, shared_at(of, swizzled(at, row_bytes), size), size);
        values[k][i] = widened(bits, product.operands);
      }
    }
  }

 private:
  static std::uint32_t field(std::uint64_t descriptor, int bit) {
    return static_cast<std::uint32_t>(descriptor >> bit & 0x3fff) << 4;
  }
};

/// A warpgroup's accumulators, as a matrix.
class Accumulators {
 public:
  explicit Accumulators(std::span<Thread> threads) : threads_(threads) {}
  ~Accumulators() { put_back(); }

  /// Product `i` of every thread's oldest group.
  void multiply(std::size_t i) {
    const Product& product = nth(threads_[0], i);
    for (Thread& thread : threads_) {
      const Product& other = nth(thread, i);
      if (other.a != product.a || other.b != product.b || other.keep != product.keep) {
        fault("threads of a warpgroup multiply different operands");
      }
    }
    if (product.accumulators != loaded_) load(i);
    const int columns = 2 * product.count;
    static Operand a, b;
    a.read(*threads_[0].block, product, product.a, kRows);
    b.read(*threads_[0].block, product, product.b, columns);
    if (!product.keep) std::fill_n(&values_[0][0], kRows * kMaxColumns, 0.f);
    const int steps = steps_of(product.operands);
    for (int row = 0; row < kRows; ++row) {
      float* const sums = values_[row];
      for (int k = 0; k < steps; ++k) {
        const float factor = a.values[k][row];
        const float* const others = b.values[k];
        for (int column = 0; column < columns; ++column) sums[column] += factor * others[column];
      }
    }
  }

 private:
  std::span<Thread> threads_;
  const float* loaded_ = nullptr;
  std::vector<float*> places_;
  int count_ = 0;
  inline static float values_[kRows][kMaxColumns];

  static const Product& nth(const Thread& thread, std::size_t i) {
    return thread.products.committed.front().at(i);
  }

  /// call(an element of the matrix, the thread's own).
  template <class Call>
  void for_all(const Call& call) {
    for (int t = 0; t < kWarpgroup; ++t) {
      const int lane = t % kWarp, row = t / kWarp * 16 + lane / 4, column = lane % 4 * 2;
      for (int i = 0; i < count_; ++i) {
        call(values_[row + i / 2 % 2 * 8][column + i / 4 * 8 + i % 2],
             places_[static_cast<std::size_t>(t)][i]);
      }
    }
  }

  void load(std::size_t i) {
    put_back();
    places_.clear();
    for (const Thread& thread : threads_) places_.push_back(nth(thread, i).accumulators);
    loaded_ = places_[0];
    count_ = nth(threads_[0], i).count;
    for_all([](float& value, const float& own) { value = own; });
  }

  void put_back() {
    if (loaded_) for_all([](const float& value, float& own) { own = value; });
    loaded_ = nullptr;
  }
};

/// All but the newest `pending` groups of a warpgroup.
void perform_products(std::span<Thread> threads, int pending) {
  const auto groups = threads[0].products.committed.size();
  for (const Thread& thread : threads) {
    if (thread.products.committed.size() != groups)
      fault("threads of a warpgroup commit differently");
  }
  Accumulators accumulators(threads);
  for (auto left = groups; left > static_cast<std::size_t>(pending); --left) {
    for (std::size_t i = 0; i < threads[0].products.committed.front().size(); ++i) {
      accumulators.multiply(i);
    }
    for (Thread& thread : threads) thread.products.committed.pop_front();
  }
}

void gather_products(int pending) {
  const int group = self().index / kWarpgroup;
  const auto threads = warpgroup_of(self());
  machine.gather(block().warpgroups.at(static_cast<std::size_t>(group)), kWarpgroup,
                 [&] { perform_products(threads, pending); });
}

/// A warp's fragments as matrices.
class Fragments {
 public:
  explicit Fragments(Operands type) : type_(type), in_register_(type == Operands::tf32 ? 1 : 2) {}

  void add(int lane, const FragmentProduct& product) {
    if (product.operands != type_) fault("a warp's lanes multiply different operands");
    const int group = lane / 4;
    for (int i = 0; i < 4; ++i) {
      for (int e = 0; e < in_register_; ++e) {
        rows_[group + i % 2 * 8][step(lane, i / 2, e)] = element(product.rows[i], e);
        if (i < 2) columns_[step(lane, i, e)][group] = element(product.columns[i], e);
      }
      sums_[group + i / 2 * 8][lane % 4 * 2 + i % 2] = product.sums[i];
    }
  }

  void multiply() {
    for (int row = 0; row < 16; ++row) {
      for (int k = 0; k < steps_of(type_); ++k) {
        for (int column = 0; column < 8; ++column) {
          sums_[row][column] += rows_[row][k] * columns_[k][column];
        }
      }
    }
  }

  void take(int lane, const FragmentProduct& product) const {
    for (int i = 0; i < 4; ++i) {
      product.sums[i] = sums_[lane / 4 + i / 2 * 8][lane % 4 * 2 + i % 2];
    }
  }

 private:
  Operands type_;
  int in_register_;
  float rows_[16][kMaxSteps], columns_[kMaxSteps][8], sums_[16][8];

  int step(int lane, int half, int e) const { return (lane % 4 + 4 * half) * in_register_ + e; }
  float element(std::uint32_t bits, int e) const { return widened(bits >> 16 * e, type_); }
};

}  // namespace

void multiply(const Product& product) { self().products.open.push_back(product); }

void commit_products() {
  self().products.commit();
  if (!machine.settings.late_products) gather_products(0);
}

void wait_products(int pending) {
  if (machine.settings.late_products) gather_products(pending);
}

void multiply_fragments(const FragmentProduct& product) {
  together(product, [](const auto& part) {
    Fragments fragments(part(0).operands);
    for (int lane = 0; lane < kWarp; ++lane) fragments.add(lane, part(lane));
    fragments.multiply();
    for (int lane = 0; lane < kWarp; ++lane) fragments.take(lane, part(lane));
  });
}

float rounded_to_tf32(float value) {
  const auto bits = std::bit_cast<std::uint32_t>(value);
  return value == value ? std::bit_cast<float>((bits + 0x1000) & ~0x1fffu) : value;
}

}  // namespace emulated
