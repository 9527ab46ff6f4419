// What the launchers of linear_tiles.cuh have in common on the host.
#pragma once

#include <algorithm>
#include <cstdint>
#include <iterator>
#include <span>
#include <type_traits>

#include "kernels/cuda/norm_partials.h"
#include "kernels/hopper/linear.h"
#include "kernels/hopper/tensor_map.h"

namespace clipbench::kernels::hopper {

struct LinearParams;

inline constexpr int kPartials = 16;  // floats a tile: one a multiplying warp of a pair of blocks

/// Columns that the tiles of a kernel may have, widest first.
template <int... kColumns>
struct TileWidths {
  /// call(std::integral_constant<int, columns>).
  template <class Call>
  static void with(int columns, const Call& call) {
    (void)((columns == kColumns && (call(std::integral_constant<int, kColumns>{}), true)) || ...);
  }

  /// Of the width with the least time(columns), the widest of equals.
  template <class Time>
  static int quickest(const Time& time) {
    constexpr int kAll[] = {kColumns...};
    return *std::min_element(std::begin(kAll), std::end(kAll),
                             [&](int x, int y) { return time(x) < time(y); });
  }
};

/// Narrower tiles leave fewer blocks without work at the end, and read more. The narrowest are slow
/// where blocks work on different samples, as those of sums do, and share less of what they read.
using NormWidths = TileWidths<256, 192, 160>;
using SumWidths = TileWidths<256, 192>;

/// What a stage of a tile with so many columns takes, in arbitrary units.
constexpr std::int64_t time_of_columns(int columns) { return columns + 20; }

/// What operands of a type are multiplied as: f32 as TF32.
Element operands_of(cuda::Element type);

/// Tiles of a pair of blocks that cover [rows,p].
std::int64_t pair_tiles(std::int64_t rows, std::int64_t p, int columns);

/// Pairs of blocks that fit the current device at once.
int cluster_count();

/// Stages of a sample's tokens.
int stages_of(Batch batch);

/// Of tiles that are formed sample by sample.
int norm_tile_columns(Layers layers, Batch batch);

/// tile_columns: one of NormWidths. Layers, tile numbers and tensor maps; all rows of every layer.
/// Throws std::invalid_argument for layers that `takes` refuses.
LinearParams make_linear_params(Layers layers, Batch batch, int tile_columns);

/// Rows changed after make_linear_params need new tile numbers.
void number_tiles(LinearParams& params);

/// Where the tiles of make_linear_params have their partial sums.
cuda::NormPartials partials_of(const LinearParams& params);

}  // namespace clipbench::kernels::hopper
