// Who forms which samples of which tile of a clipped sum.
#pragma once

#include "kernels/hopper/linear_tiles.cuh"

namespace clipbench::kernels::hopper {

/// Samples of cluster `c` among those of the tiles that are shared: [begin, end) of tile · B +
/// sample.
///
/// As many tiles as possible are formed whole, all samples by one cluster. The rest, fewer than
/// there are clusters, is shared out in runs of samples, equally long but for rounding, where that
/// is worth what handing over costs.
struct SharedTiles {
  int tiles, clusters, samples;

  __device__ explicit SharedTiles(const LinearParams& params)
      : tiles(params.shared_tiles), clusters(gridDim.x / kPair), samples(params.samples) {}

  __device__ int begin(int c) const {
    return static_cast<int>(static_cast<std::int64_t>(c) * tiles * samples / clusters);
  }
  __device__ int end(int c) const { return begin(c + 1); }
};

/// A cluster's pieces: first its run of shared samples, last one first; then its whole tiles. So
/// the piece of a tile that another cluster completes is always a cluster's first, and is ready in
/// time.
struct SampleRuns {
  const LinearParams& params;
  SharedTiles shared;
  int begin, end, whole;

  __device__ explicit SampleRuns(const LinearParams& p) : params(p), shared(p) {
    const int cluster = blockIdx.x / kPair;
    begin = shared.begin(cluster);
    end = shared.end(cluster);
    whole = shared.tiles + cluster;
  }

  __device__ bool next(Piece& piece) {
    if (begin < end) {
      piece.tile = (end - 1) / shared.samples;
      const int first = max(begin, piece.tile * shared.samples);
      piece.first_sample = first - piece.tile * shared.samples;
      piece.last_sample = end - piece.tile * shared.samples;
      end = first;
    } else {
      if (whole >= params.first_tile[params.layer_count]) return false;
      piece.tile = whole;
      piece.first_sample = 0;
      piece.last_sample = shared.samples;
      whole += shared.clusters;
    }
    int layer = 0;
    while (piece.tile >= params.first_tile[layer + 1]) ++layer;
    locate(params, layer, piece.tile - params.first_tile[layer], piece);
    return true;
  }
};

}  // namespace clipbench::kernels::hopper
