// What the launchers of linear_tiles.cuh have in common on the host.
#pragma once

#include <algorithm>
#include <cstdint>
#include <iterator>
#include <span>
#include <stdexcept>
#include <string>
#include <type_traits>

#include "kernels/cuda/norm_partials.h"
#include "kernels/hopper/linear.h"
#include "kernels/hopper/tensor_map.h"

namespace clipbench::kernels::hopper {

struct LinearParams;

inline constexpr int kPartials = 8;  // floats a tile and block: one a multiplying warp

/// Blocks of the cluster that forms a tile: a pair above each other, or two pairs side by side
/// where columns are so few that the path from the L2 cache would be busier than the tensor cores.
constexpr int blocks_of(int columns) { return columns == 128 ? 4 : 2; }

/// Columns that the tiles of a kernel may have, widest first.
template <int... kColumns>
struct TileWidths {
  /// call(std::integral_constant<int, columns>). Throws std::logic_error for other columns.
  template <class Call>
  static void with(int columns, const Call& call) {
    const bool known =
        ((columns == kColumns && (call(std::integral_constant<int, kColumns>{}), true)) || ...);
    if (!known) throw std::logic_error("no tiles have " + std::to_string(columns) + " columns");
  }

  /// Of the width with the least time(columns), the widest of equals.
  template <class Time>
  static int quickest(const Time& time) {
    constexpr int kAll[] = {kColumns...};
    return *std::min_element(std::begin(kAll), std::end(kAll),
                             [&](int x, int y) { return time(x) < time(y); });
  }
};

/// Narrower tiles leave fewer blocks without work at the end, and read more. 160 columns are slow
/// where blocks work on different samples, as those of sums do, and share less of what they read;
/// 128 are for sums of small layers, whose parts would have to be handed over.
using NormWidths = TileWidths<256, 192, 160>;
using SumWidths = TileWidths<256, 192, 128>;
using AllWidths = TileWidths<256, 192, 160, 128>;

/// Whether sums of such tiles have accumulators for products beside those of the sum: then no part
/// of a tile waits in scratch for factors that are too far apart.
constexpr bool holds_products(int columns) { return columns == 128; }

/// What a stage of a tile with so many columns takes, in arbitrary units; fits an H200 to 5 %.
constexpr std::int64_t time_of_columns(int columns) { return columns == 128 ? 140 : columns + 20; }

/// What operands of a type are multiplied as: f32 as TF32.
Element operands_of(cuda::Element type);

/// Tiles of a cluster that cover [rows,p].
std::int64_t cluster_tiles(std::int64_t rows, std::int64_t p, int columns);

/// Clusters of `blocks` blocks that fit the current device at once.
int cluster_count(int blocks);

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
