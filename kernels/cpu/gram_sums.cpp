#include <algorithm>
#include <cmath>
#include <vector>

#include <ATen/Parallel.h>

#include "kernels/cpu/linear.h"

namespace clipbench::kernels::cpu {
namespace {

constexpr int kMostRows = 4, kMostDots = 16;        // of a tile
constexpr std::int64_t kItemRows = 64, kBand = 32;  // tokens whose rows stay in the caches together

struct Sums {
  double sq_norm = 0, products = 0, gradients = 0;
};

/// One sample's tokens [first, last) against all before them.
template <class In>
class GramItem {
 public:
  GramItem(const Linear<In>& layer, std::int64_t b) : x_(layer), loops_(*layer.loops), b_(b) {}

  Sums run(std::int64_t first, std::int64_t last) {
    for (std::int64_t band = 0; band < last; band += kBand) {
      for (auto row = first; row < last; row += loops_.dot_rows) {
        const auto end = std::min({band + kBand, row + loops_.dot_rows, x_.T});
        for (auto column = band; column < end; column += loops_.dot_columns) tile(row, column);
      }
    }
    for (const double twice : below_) sums_.sq_norm += 2 * twice;
    return sums_;
  }

 private:
  using W = Wide<In>;

  void tile(std::int64_t row, std::int64_t column) {
    W of_a[kMostDots], of_g[kMostDots];
    dots(x_.a, x_.p, row, column, of_a);
    dots(x_.g, x_.d, row, column, of_g);
    const bool is_below = column + loops_.dot_columns <= row && row + loops_.dot_rows <= x_.T;
    if (!is_below) return add_on_diagonal(row, column, of_a, of_g);
    for (int i = 0; i < loops_.dot_rows * loops_.dot_columns; ++i) {
      below_[i] += static_cast<double>(of_a[i]) * static_cast<double>(of_g[i]);
    }
  }

  void dots(const Rows<In>& of, std::int64_t width, std::int64_t row, std::int64_t column, W* out) {
    const In *rows[kMostRows], *columns[kMostRows];  // beyond the last token: the last one again
    for (int r = 0; r < loops_.dot_rows; ++r) rows[r] = of.row(b_, std::min(row + r, x_.T - 1));
    for (int c = 0; c < loops_.dot_columns; ++c) {
      columns[c] = of.row(b_, std::min(column + c, x_.T - 1));
    }
    loops_.dots(width, rows, columns, out);
  }

  void add_on_diagonal(std::int64_t row, std::int64_t column, const W* of_a, const W* of_g) {
    for (int r = 0; r < loops_.dot_rows; ++r) {
      for (int c = 0; c < loops_.dot_columns; ++c) {
        const auto i = row + r, j = column + c;
        if (i >= x_.T || j > i) continue;
        const auto a = static_cast<double>(of_a[r * loops_.dot_columns + c]);
        const auto g = static_cast<double>(of_g[r * loops_.dot_columns + c]);
        sums_.sq_norm += (i == j ? 1 : 2) * a * g;
        if (i != j) continue;
        sums_.products += std::sqrt(a * g);
        sums_.gradients += std::sqrt(g);
      }
    }
  }

  const Linear<In>& x_;
  const InnerLoops<In>& loops_;
  std::int64_t b_;
  Sums sums_;
  double below_[kMostDots] = {};
};

}  // namespace

template <class In>
void gram_sums(const Linear<In>& layer, const GramSums& out) {
  const auto items = (layer.T + kItemRows - 1) / kItemRows;
  std::vector<Sums> sums(static_cast<std::size_t>(layer.B * items));
  at::parallel_for(0, layer.B * items, 1, [&](std::int64_t begin, std::int64_t end) {
    for (auto k = begin; k < end; ++k) {
      const auto first = k % items * kItemRows;
      sums[static_cast<std::size_t>(k)] =
          GramItem<In>(layer, k / items).run(first, std::min(layer.T, first + kItemRows));
    }
  });
  for (std::int64_t b = 0; b < layer.B; ++b) {
    Sums total;
    for (std::int64_t k = b * items; k < (b + 1) * items; ++k) {
      const auto& part = sums[static_cast<std::size_t>(k)];
      total.sq_norm += part.sq_norm;
      total.products += part.products;
      total.gradients += part.gradients;
    }
    out.sq_norms[b] = total.sq_norm;
    out.products[b] = total.products;
    out.gradients[b] = total.gradients;
  }
}

template void gram_sums(const Linear<float>&, const GramSums&);
template void gram_sums(const Linear<Bf16>&, const GramSums&);
template void gram_sums(const Linear<F16>&, const GramSums&);
template void gram_sums(const Linear<double>&, const GramSums&);

}  // namespace clipbench::kernels::cpu
