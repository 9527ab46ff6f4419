// What the launchers of linear_tiles.cuh have in common on the host.
#pragma once

#include "kernels/hopper/linear.h"
#include "kernels/hopper/norm_partials.h"

namespace clipbench::kernels::hopper {

struct LinearParams;

/// Tiles of a pair of blocks that cover [rows,p].
std::int64_t pair_tiles(std::int64_t rows, std::int64_t p);

/// Pairs of blocks that fit the current device at once.
int cluster_count();

/// Stages of a sample's tokens.
int stages_of(Batch batch);

/// Layers, tile numbers and tensor maps; all rows of every layer. Throws std::invalid_argument for
/// layers that `takes` refuses.
LinearParams make_linear_params(std::span<const LinearLayer> layers, Batch batch);

/// Rows changed after make_linear_params need new tile numbers.
void number_tiles(LinearParams& params);

/// Where the tiles of make_linear_params have their partial sums.
NormPartials partials_of(const LinearParams& params);

}  // namespace clipbench::kernels::hopper
