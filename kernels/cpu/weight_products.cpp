#include <algorithm>
#include <bit>
#include <type_traits>
#include <vector>

#include <ATen/Parallel.h>
#include <c10/util/Half.h>

#include "kernels/cpu/linear.h"

namespace clipbench::kernels::cpu {
namespace {

constexpr std::int64_t kPackedElements = 1 << 17;  // of a and g; a tile needs more where T is long
constexpr std::int64_t kMostColumns = 512, kMostRows = 384;
constexpr std::int64_t kSummedTokens = 512;

std::int64_t rounded_up(std::int64_t n, std::int64_t multiple) {
  return (n + multiple - 1) / multiple * multiple;
}

/// n in equal parts of at most `most`, but whole tiles.
std::int64_t even_part(std::int64_t n, std::int64_t most, std::int64_t tile) {
  const auto fitting = std::max(most / tile, std::int64_t{1}) * tile;
  const auto parts = (n + fitting - 1) / fitting;
  return rounded_up((n + parts - 1) / parts, tile);
}

struct Range {
  std::int64_t begin, end;
};

/// What is packed at a time: `samples` of them, `columns` of a, beside which `rows` of gᵀ pass.
template <class In>
struct Blocking {
  std::int64_t samples, columns, rows, column_blocks, row_blocks;

  /// Rows are as many as leave at least `items` blocks, if there are so many.
  Blocking(const Linear<In>& x, std::int64_t most_tokens, std::int64_t items)
      : samples(std::clamp<std::int64_t>(most_tokens / x.T, 1, x.B)) {
    const auto fitting = kPackedElements / (samples * x.T) - x.loops->rows;
    columns = even_part(x.p, std::min(fitting, kMostColumns), x.loops->columns);
    column_blocks = (x.p + columns - 1) / columns;
    const auto wanted = x.d / std::max<std::int64_t>(1, items / column_blocks);
    rows = even_part(x.d, std::min(wanted, kMostRows), x.loops->rows);
    row_blocks = (x.d + rows - 1) / rows;
  }

  std::int64_t count() const { return column_blocks * row_blocks; }
  Range columns_of(std::int64_t k, std::int64_t p) const {
    const auto begin = k / row_blocks * columns;
    return {begin, std::min(p, begin + columns)};
  }
  Range rows_of(std::int64_t k, std::int64_t d) const {
    const auto begin = k % row_blocks * rows;
    return {begin, std::min(d, begin + rows)};
  }
};

/// Of norms: each sample alone.
template <class In>
Blocking<In> norm_blocking(const Linear<In>& x) {
  return {x, /*most_tokens=*/1, /*items=*/1};
}
/// Of a sum: samples join in the products' accumulators.
template <class In>
Blocking<In> sum_blocking(const Linear<In>& x) {
  return {x, kSummedTokens, 4 * at::get_num_threads()};
}

/// A tile of a weight gradient: values [rows][columns] of the loops, of which `height` × `width`
/// lie inside; the others are 0.
template <class W>
struct Tile {
  W* values;
  std::int64_t row, column;
  int height, width;
};

/// Products of some samples, block by block, through packed operands.
template <class In>
class WeightProducts {
 public:
  using W = Wide<In>;

  WeightProducts(const Linear<In>& layer, const Blocking<In>& blocking, void* scratch)
      : x_(layer),
        loops_(*layer.loops),
        a_(static_cast<W*>(scratch)),
        g_(a_ + blocking.columns * blocking.samples * layer.T),
        tile_(g_ + loops_.rows * blocking.samples * layer.T) {}

  /// Σ_b factors[b] · g_bᵀ a_b of a block, tile by tile; no factors: all 1.
  template <class Visit>
  void multiply(Range samples, Range rows, Range columns, const W* factors, const Visit& visit) {
    const auto tokens = counting(samples, factors) * x_.T;
    if (tokens == 0) return;
    for (auto column = columns.begin; column < columns.end; column += loops_.columns) {
      W* to = a_ + (column - columns.begin) * tokens;
      for_counting(samples, factors, [&](std::int64_t b, W) {
        loops_.pack_columns(x_.a.row(b, 0) + column, x_.a.row_step, x_.T,
                            width(column, columns.end), 1, to);
        to += loops_.columns * x_.T;
      });
    }
    for (auto row = rows.begin; row < rows.end; row += loops_.rows) {
      const auto height = static_cast<int>(std::min<std::int64_t>(loops_.rows, rows.end - row));
      W* to = g_;
      for_counting(samples, factors, [&](std::int64_t b, W factor) {
        loops_.pack_rows(x_.g.row(b, 0) + row, x_.g.row_step, x_.T, height, factor, to);
        to += loops_.rows * x_.T;
      });
      for (auto column = columns.begin; column < columns.end; column += loops_.columns) {
        loops_.outer(tokens, g_, a_ + (column - columns.begin) * tokens, tile_);
        visit(Tile<W>{tile_, row, column, height, width(column, columns.end)});
      }
    }
  }

 private:
  template <class Visit>
  static void for_counting(Range samples, const W* factors, const Visit& visit) {
    for (auto b = samples.begin; b < samples.end; ++b) {
      const W factor = factors != nullptr ? factors[b] : 1;
      if (factor != 0) visit(b, factor);
    }
  }
  static std::int64_t counting(Range samples, const W* factors) {
    std::int64_t n = 0;
    for_counting(samples, factors, [&](std::int64_t, W) { ++n; });
    return n;
  }
  int width(std::int64_t column, std::int64_t end) const {
    return static_cast<int>(std::min<std::int64_t>(loops_.columns, end - column));
  }

  const Linear<In>& x_;
  const InnerLoops<In>& loops_;
  W *a_, *g_, *tile_;
};

/// Every block of every sample, on all threads; visit(tile, b, sq) adds to the sample's sq.
template <class In, class Visit>
void for_samples_tiles(const Linear<In>& x, double* sq_norms, const Scratch& scratch,
                       const Visit& visit) {
  const auto blocking = norm_blocking(x);
  const auto blocks = blocking.count();
  std::vector<double> sums(static_cast<std::size_t>(x.B * blocks));
  at::parallel_for(0, x.B * blocks, 1, [&](std::int64_t begin, std::int64_t end) {
    WeightProducts<In> products(x, blocking, scratch(at::get_thread_num()));
    for (auto k = begin; k < end; ++k) {
      auto& sq = sums[static_cast<std::size_t>(k)];
      const auto b = k / blocks;
      products.multiply({b, b + 1}, blocking.rows_of(k % blocks, x.d),
                        blocking.columns_of(k % blocks, x.p), nullptr,
                        [&](const Tile<Wide<In>>& tile) { visit(tile, b, sq); });
    }
  });
  for (std::int64_t b = 0; b < x.B; ++b) {
    sq_norms[b] = 0;
    for (auto k = b * blocks; k < (b + 1) * blocks; ++k) {
      sq_norms[b] += sums[static_cast<std::size_t>(k)];
    }
  }
}

float narrowed(float x, float*) { return x; }
double narrowed(double x, double*) { return x; }
/// Rounded to nearest, ties to even.
Bf16 narrowed(float x, Bf16*) {
  const auto bits = std::bit_cast<std::uint32_t>(x);
  if ((bits & 0x7fffffffu) > 0x7f800000u) return {static_cast<std::uint16_t>(bits >> 16 | 0x40)};
  return {static_cast<std::uint16_t>((bits + 0x7fffu + (bits >> 16 & 1)) >> 16)};
}
F16 narrowed(float x, F16*) { return {c10::Half(x).x}; }

/// Stores a tile's row and leaves what was stored in the tile.
template <class In>
void store(Wide<In>* from, int n, In* to) {
  for (int i = 0; i < n; ++i) to[i] = narrowed(from[i], to);
  if constexpr (sizeof(In) < sizeof(Wide<In>)) {
    for (int i = 0; i < n; ++i) from[i] = widened(to[i]);
  }
}

}  // namespace

template <class In>
std::int64_t scratch_bytes(const Linear<In>& x) {
  const auto& loops = *x.loops;
  const auto of = [&](const Blocking<In>& blocking) {
    return (blocking.columns + loops.rows) * blocking.samples * x.T + loops.rows * loops.columns;
  };
  const auto elements = std::max(of(norm_blocking(x)), of(sum_blocking(x)));
  return rounded_up(elements * static_cast<std::int64_t>(sizeof(Wide<In>)), 64);
}

template <class In>
void width_sq_norms(const Linear<In>& x, double* sq_norms, const Scratch& scratch) {
  for_samples_tiles(x, sq_norms, scratch, [&](const Tile<Wide<In>>& tile, auto, double& sq) {
    sq += x.loops->squares(tile.values);
  });
}

template <class In>
void stored_gradients(const Linear<In>& x, In* gradients, double* sq_norms,
                      const Scratch& scratch) {
  for_samples_tiles(x, sq_norms, scratch,
                    [&](const Tile<Wide<In>>& tile, std::int64_t b, double& sq) {
                      for (int r = 0; r < tile.height; ++r) {
                        store(tile.values + r * x.loops->columns, tile.width,
                              gradients + (b * x.d + tile.row + r) * x.p + tile.column);
                      }
                      sq += x.loops->squares(tile.values);
                    });
}

template <class In>
void clipped_sum(const Linear<In>& x, const Wide<In>* factors, Wide<In>* sum,
                 const Scratch& scratch) {
  const auto blocking = sum_blocking(x);
  at::parallel_for(0, blocking.count(), 1, [&](std::int64_t begin, std::int64_t end) {
    WeightProducts<In> products(x, blocking, scratch(at::get_thread_num()));
    const auto add = [&](const Tile<Wide<In>>& tile) {
      for (int r = 0; r < tile.height; ++r) {
        const auto* from = tile.values + r * x.loops->columns;
        auto* to = sum + (tile.row + r) * x.p + tile.column;
        for (int c = 0; c < tile.width; ++c) to[c] += from[c];
      }
    };
    for (auto k = begin; k < end; ++k) {
      for (std::int64_t b = 0; b < x.B; b += blocking.samples) {
        products.multiply({b, std::min(x.B, b + blocking.samples)}, blocking.rows_of(k, x.d),
                          blocking.columns_of(k, x.p), factors, add);
      }
    }
  });
}

#define CLIPBENCH_INSTANTIATE(In)                                                  \
  template std::int64_t scratch_bytes(const Linear<In>&);                          \
  template void width_sq_norms(const Linear<In>&, double*, const Scratch&);        \
  template void stored_gradients(const Linear<In>&, In*, double*, const Scratch&); \
  template void clipped_sum(const Linear<In>&, const Wide<In>*, Wide<In>*, const Scratch&)
CLIPBENCH_INSTANTIATE(float);
CLIPBENCH_INSTANTIATE(Bf16);
CLIPBENCH_INSTANTIATE(F16);
CLIPBENCH_INSTANTIATE(double);

}  // namespace clipbench::kernels::cpu
