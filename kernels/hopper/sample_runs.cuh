// Who forms which samples of which tile of a clipped sum.
#pragma once

#include "kernels/hopper/linear_tiles.cuh"

namespace clipbench::kernels::hopper {

/// Rows of tiles that read the same gradients, or columns that read the same activations, are
/// formed by as many clusters side by side, a team, so that they read them at the same time. As
/// many rows as possible are formed whole, all samples by one team. The rest, fewer than there are
/// teams, is shared out in runs of samples, equally long but for rounding, where that is worth what
/// handing over costs.
struct TileRows {
  int row;     // tiles of a row, and clusters of a team
  int shared;  // the first rows of all: several teams form them
  int samples, teams, team, place;

  __device__ TileRows(const LinearParams& params, int cluster)
      : row(params.row),
        shared(params.shared_rows),
        samples(params.samples),
        teams(params.clusters / row),
        team(cluster / row),
        place(cluster % row) {}

  /// Samples of team `t` among those of the shared rows: [begin, end) of row · B + sample.
  __device__ int begin(int t) const {
    return static_cast<int>(static_cast<unsigned>(t) * (shared * samples) / teams);
  }
  __device__ int end(int t) const { return begin(t + 1); }

  /// No team before it has samples of a row.
  __device__ int team_before(int row_of_tiles) const {
    return static_cast<int>(static_cast<unsigned>(row_of_tiles) * teams / shared);
  }

  /// The cluster of team `t` that forms the same tile of a row as this one.
  __device__ int cluster_of(int t) const { return t * row + place; }
};

/// A cluster's pieces: first its run of shared samples, last one first; then its whole tiles. So
/// the piece of a tile that another cluster completes is always a cluster's first, and is ready in
/// time.
struct SampleRuns {
  const LinearParams& params;
  TileRows rows;
  int begin = 0, end = 0, whole;

  __device__ explicit SampleRuns(const LinearParams& p) : params(p), rows(p, this_cluster()) {
    const bool has_team = rows.team < rows.teams;
    if (has_team) begin = rows.begin(rows.team), end = rows.end(rows.team);
    whole = has_team ? rows.shared + rows.team : params.first_tile[params.layer_count];
  }

  __device__ bool next(Piece& piece) {
    if (begin < end) {
      piece.row = (end - 1) / rows.samples;
      const int first = max(begin, piece.row * rows.samples);
      piece.first_sample = first - piece.row * rows.samples;
      piece.last_sample = end - piece.row * rows.samples;
      end = first;
    } else {
      piece.row = whole;
      piece.first_sample = 0;
      piece.last_sample = rows.samples;
      whole += rows.teams;
    }
    const int tile = piece.row * rows.row + rows.place;
    if (tile >= params.first_tile[params.layer_count]) return false;
    int layer = 0;
    while (tile >= params.first_tile[layer + 1]) ++layer;
    locate(params, layer, tile - params.first_tile[layer], cluster_rank(), piece);
    return true;
  }
};

}  // namespace clipbench::kernels::hopper
