// The second launch of a clipped sum whose tiles are shared by so many clusters that one of them
// would be adding for long while the others have nothing to do: the first launch keeps all parts of
// tiles, and here all multiprocessors add them up.
#pragma once

#include "kernels/hopper/clipped_sum.cuh"

namespace clipbench::kernels::hopper {

/// What one thread does: the accumulators of kGroups groups of 8 columns of a consumer's.
template <class Job>
class AddedParts {
  static constexpr int kGroups = 2, kPartsAtOnce = 6;
  static constexpr int kSlices = Job::kAccumulators / (4 * kGroups);
  static constexpr int kConsumersOfTile = TileWidth<Job::kColumns>::kBlocks * kConsumers;
  using Out = typename Job::Element;

 public:
  static constexpr int kBlocksOfTile = kConsumersOfTile * kSlices;

  __device__ explicit AddedParts(const LinearParams& of)
      : params(of),
        tile(block() / kBlocksOfTile),
        group(block() % kSlices * kGroups),
        me{.cluster = 0,
           .rank = block() / kSlices % kConsumersOfTile / kConsumers,
           .warpgroup = block() / kSlices % kConsumers},
        rows(of, tile % of.row) {
    piece.row = tile / params.row;
    piece.layer = 0;
    while (tile >= params.first_tile[piece.layer + 1]) ++piece.layer;
    locate(params, piece.layer, tile - params.first_tile[piece.layer], me.rank, piece);
    team = rows.team_before(piece.row);
  }

  /// What parts are added to, as far as it doesn't lie in memory: noise, or zeros.
  __device__ void begin() {
#pragma unroll
    for (int k = 0; k < kGroups; ++k) clear(sum[k]);
    if (!Job::kIsReleased || params.noise.std == 0.f) return;
    const TileNoise noise(params.noise, params.layers[piece.layer], piece, me);
#pragma unroll
    for (int k = 0; k < kGroups; ++k) noise.add_to(sum[k], group + k);
  }

  __device__ void finish() {
    if constexpr (!Job::kIsReleased) read();
    add_parts();
    write();
  }

 private:
  const LinearParams& params;
  int tile, group;  // the first group
  Consumer me;
  TileRows rows;
  Piece piece;
  int team;  // the next to look at
  float sum[kGroups][4];

  static __device__ int block() { return static_cast<int>(blockIdx.x); }

  /// Its part of the tile from the first group on; nullptr after the last one.
  __device__ const float4* next_part() {
    const int first = piece.row * rows.samples, last = first + rows.samples;
    while (team < rows.teams) {
      const int begin = rows.begin(team), end = rows.end(team);
      if (begin >= last) break;
      const int cluster = rows.cluster_of(team++);
      if (begin == end || end <= first) continue;
      float* const all = end >= last ? params.parts : params.partials;
      return Job::kept(all, me, cluster) + group * kWarpgroup;
    }
    return nullptr;
  }

  __device__ void add_parts() {
    bool more = true;
    while (more) {
      float4 parts[kPartsAtOnce][kGroups] = {};
#pragma unroll
      for (int i = 0; i < kPartsAtOnce; ++i) {
        const float4* from = next_part();
        more = from != nullptr;
        if (!more) continue;
#pragma unroll
        for (int k = 0; k < kGroups; ++k) parts[i][k] = __ldcg(from + k * kWarpgroup);
      }
#pragma unroll
      for (int i = 0; i < kPartsAtOnce; ++i) {
#pragma unroll
        for (int k = 0; k < kGroups; ++k) {
          sum[k][0] += parts[i][k].x;
          sum[k][1] += parts[i][k].y;
          sum[k][2] += parts[i][k].z;
          sum[k][3] += parts[i][k].w;
        }
      }
    }
  }

  /// call(address of two elements, the first of their accumulators), of elements in the sum.
  template <class Call>
  __device__ void for_pairs(const Call& call) const {
    const LayerTiles& layer = params.layers[piece.layer];
    Out* const result = static_cast<Out*>(layer.sum);
#pragma unroll
    for (int k = 0; k < kGroups; ++k) {
      const int column = piece.n + 8 * (group + k) + me.lane % 4 * 2;
#pragma unroll
      for (int half = 0; half < 2; ++half) {
        const int row = me.first_row(piece) + me.warp * 16 + me.lane / 4 + 8 * half;
        if (row < layer.rows && column < layer.p) {
          call(result + static_cast<size_t>(row) * layer.p + column, k, 2 * half);
        }
      }
    }
  }

  __device__ void read() {
    for_pairs([&](const float* at, int k, int i) {
      const float2 old = *reinterpret_cast<const float2*>(at);
      sum[k][i] = old.x;
      sum[k][i + 1] = old.y;
    });
  }

  __device__ void write() const {
    for_pairs([&](Out* at, int k, int i) {
      if constexpr (std::is_same_v<Out, float>) {
        *reinterpret_cast<float2*>(at) = make_float2(sum[k][i], sum[k][i + 1]);
      } else {
        *reinterpret_cast<uint32_t*>(at) = rounded_pair<Out>(sum[k][i], sum[k][i + 1]);
      }
    });
  }
};

template <class Job>
__global__ void __launch_bounds__(kWarpgroup)
    add_parts_up(const __grid_constant__ LinearParams params) {
  AddedParts<Job> parts(params);
  parts.begin();
  cuda::await_launches_before();
  parts.finish();
}

template <class Job>
void launch_add_parts_up(const LinearParams& params, cudaStream_t stream) {
  const int blocks = params.first_tile[params.layer_count] * AddedParts<Job>::kBlocksOfTile;
  cuda::start_early(add_parts_up<Job>, {static_cast<unsigned>(blocks), kWarpgroup}, stream,
                    "launch of add_parts_up", params);
}

}  // namespace clipbench::kernels::hopper
