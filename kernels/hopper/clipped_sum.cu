#include <stdexcept>

#include "kernels/hopper/linear_params.h"
#include "kernels/hopper/linear_tiles.cuh"
#include "kernels/hopper/tensor_map.h"

namespace clipbench::kernels::hopper {
namespace {

/// Samples of cluster `c` among those of the tiles that are shared: [begin, end) of tile · B +
/// sample.
///
/// As many tiles as possible are formed whole, all samples by one cluster. The rest, fewer than
/// there are clusters, is shared out in runs of samples, equally long but for rounding.
struct SharedTiles {
  int tiles, clusters, samples;

  __device__ explicit SharedTiles(const LinearParams& params)
      : tiles(params.first_tile[params.layer_count] % (gridDim.x / kPair)),
        clusters(gridDim.x / kPair),
        samples(params.samples) {}

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

constexpr float kFactorRange = 1073741824.f;  // 2³⁰

/// Accumulators that a cluster hands to the one that completes the tile: per block and warpgroup
/// [kAccumulators / 4] rows of a float4 a thread.
constexpr int kHandOverFloats = kAccumulators * kWarpgroup;

struct ClippedSum {
  using Work = SampleRuns;
  using Accumulators = float[kAccumulators];
  static constexpr int kPartColumns = 32, kPartBytes = 64 * 128, kParts = 2;
  static constexpr int kStages = 4, kOwnBytes = kConsumers * kParts * kPartBytes;

  static __device__ bool skips(const LinearParams& params, int sample) {
    return __ldg(params.factors + sample) == 0.f;
  }

  static __device__ int slot(const Consumer& me, int cluster) {
    return (cluster * kPair + me.rank) * kConsumers + me.warpgroup;
  }

  static __device__ float4* hand_over(const LinearParams& params, const Consumer& me, int cluster) {
    float* all = params.partials + static_cast<size_t>(slot(me, cluster)) * kHandOverFloats;
    return reinterpret_cast<float4*>(all) + me.thread;
  }

  /// Multiplies samples first … on; returns the first that is not in the sum: the piece's last, or
  /// one whose factor is too far from the first's. On return acc · scale is the sum.
  template <class Ring>
  static __device__ __forceinline__ int accumulate(const LinearParams& params, const Piece& piece,
                                                   int first, const Consumer& me, Ring& ring,
                                                   Accumulators& acc, float& scale) {
    float reference = 0;
    int sample = first;
    scale = 0;
    for (; sample < piece.last_sample; ++sample) {
      const float factor = __ldg(params.factors + sample);
      if (factor == 0.f) continue;
      if (scale == 0.f) {
        reference = factor;
      } else {
        if (factor > reference * kFactorRange || factor * kFactorRange < reference) break;
        const float rescale = scale / factor;
#pragma unroll
        for (int i = 0; i < kAccumulators; ++i) acc[i] *= rescale;
        pin(acc);
      }
      multiply_sample(acc, ring, params.stages_per_sample, me.warpgroup, scale != 0.f);
      scale = factor;
    }
    if (scale == 0.f) clear(acc);
    return sample;
  }

  static __device__ __forceinline__ void give(const LinearParams& params, const Consumer& me,
                                              const Accumulators& acc, float scale, bool add) {
    float4* to = hand_over(params, me, me.cluster);
#pragma unroll
    for (int i = 0; i < kAccumulators; i += 4) {
      const float4 old = add ? __ldcg(to) : make_float4(0, 0, 0, 0);
      __stcg(to, make_float4(old.x + acc[i] * scale, old.y + acc[i + 1] * scale,
                             old.z + acc[i + 2] * scale, old.w + acc[i + 3] * scale));
      to += kWarpgroup;
    }
  }

  static __device__ __forceinline__ void announce(const LinearParams& params, const Consumer& me) {
    __threadfence();
    warpgroup_sync(1 + me.warpgroup);
    if (me.thread == 0) {
      int* flag = params.flags + slot(me, me.cluster);
      asm volatile("st.release.gpu.global.s32 [%0], 1;" ::"l"(flag) : "memory");
    }
  }

  static __device__ __forceinline__ void await(const LinearParams& params, const Consumer& me,
                                               int cluster) {
    const int* flag = params.flags + slot(me, cluster);
    int ready = me.thread != 0;
    while (!ready)
      asm volatile("ld.acquire.gpu.global.s32 %0, [%1];" : "=r"(ready) : "l"(flag) : "memory");
    warpgroup_sync(1 + me.warpgroup);
  }

  /// acc += what the clusters before this one have of the tile, nearest first.
  static __device__ __forceinline__ void collect(const LinearParams& params, const Piece& piece,
                                                 const Consumer& me, Accumulators& acc) {
    const SharedTiles shared(params);
    const int first = piece.tile * shared.samples;
    for (int c = me.cluster - 1; c >= 0 && shared.end(c) > first; --c) {
      if (shared.begin(c) == shared.end(c)) continue;
      await(params, me, c);
      const float4* from = hand_over(params, me, c);
#pragma unroll
      for (int i = 0; i < kAccumulators; i += 4) {
        const float4 part = __ldcg(from + i / 4 * kWarpgroup);
        acc[i] += part.x;
        acc[i + 1] += part.y;
        acc[i + 2] += part.z;
        acc[i + 3] += part.w;
      }
    }
  }

  /// sum += acc · scale: 32 columns at a time go through shared memory to the copy engine, which
  /// adds them to memory. One add an element, so the order of adds is nobody's to choose.
  static __device__ __forceinline__ void add_to_sum(const LayerTiles& layer, const Piece& piece,
                                                    const Consumer& me, const Accumulators& acc,
                                                    float scale, uint32_t own) {
    const int row = me.warp * 16 + me.lane / 4, quad = me.lane % 4;
#pragma unroll
    for (int part = 0; part < kTileN / kPartColumns; ++part) {
      const uint32_t box = own + (me.warpgroup * kParts + part % kParts) * kPartBytes;
      if (me.thread == 0) wait_stores_read<kParts - 1>();
      warpgroup_sync(1 + me.warpgroup);
#pragma unroll
      for (int i = 0; i < kPartColumns / 2; i += 2) {
        const int below = i / 2 % 2 * 8, chunk = i / 4 * 2 + quad / 2;
        const uint32_t to = box + (row + below) * 128 + (chunk ^ (row % 8)) * 16 + quad % 2 * 8;
        const float* of = acc + part * (kPartColumns / 2) + i;
        asm volatile("st.shared.v2.f32 [%0], {%1, %2};" ::"r"(to), "f"(of[0] * scale),
                     "f"(of[1] * scale)
                     : "memory");
      }
      shared_writes_visible_to_copies();
      warpgroup_sync(1 + me.warpgroup);
      const int column = piece.n + part * kPartColumns;
      if (me.thread == 0) {
        if (column < layer.p) add_box(layer.result, box, column, me.first_row(piece));
        commit_stores();
      }
    }
  }

  template <class Ring>
  static __device__ void consume(const LinearParams& params, Ring ring, uint32_t own) {
    const Consumer me;
    Work work(params);
    Piece piece;
    float acc[kAccumulators];
    while (work.next(piece)) {
      const bool completes = piece.last_sample == params.samples;
      int sample = piece.first_sample;
      do {
        float scale;
        const bool first_part = sample == piece.first_sample;
        if (!first_part && me.thread == 0) wait_stores_done();  // an element's adds stay in order
        sample = accumulate(params, piece, sample, me, ring, acc, scale);
        if (!completes) {
          give(params, me, acc, scale, !first_part);
          continue;
        }
        if (sample == piece.last_sample && piece.first_sample > 0) {
#pragma unroll
          for (int i = 0; i < kAccumulators; ++i) acc[i] *= scale;
          scale = 1;
          collect(params, piece, me, acc);
        }
        add_to_sum(params.layers[piece.layer], piece, me, acc, scale, own);
      } while (sample < piece.last_sample);
      if (!completes) announce(params, me);
    }
    if (me.thread == 0) wait_stores_done();
  }
};

TensorShape sum_shape(const SumRows& rows, std::int64_t columns) {
  const auto p = static_cast<std::uint64_t>(columns), n = static_cast<std::uint64_t>(rows.rows);
  return {.element = Element::f32,
          .extents = {p, n, 1},
          .strides = {4 * p, 4 * p * n},
          .box = {ClippedSum::kPartColumns, 64, 1}};
}

}  // namespace

std::int64_t clipped_sum_scratch_bytes(std::span<const SumRows> rows,
                                       std::span<const LinearLayer> layers) {
  std::int64_t tiles = 0;
  for (std::size_t i = 0; i < layers.size(); ++i) {
    tiles += pair_tiles(rows[i].rows, layers[i].p);
  }
  const std::int64_t clusters = cluster_count(), slots = clusters * kPair * kConsumers;
  return tiles % clusters == 0 ? 0 : slots * (kHandOverFloats * 4 + 4);
}

void clipped_sum(std::span<const LinearLayer> layers, std::span<const SumRows> rows, Batch batch,
                 const float* factors, void* scratch, cudaStream_t stream) {
  if (rows.size() != layers.size()) throw std::invalid_argument("one sum a layer");
  LinearParams params = make_linear_params(layers, batch);
  for (std::size_t i = 0; i < rows.size(); ++i) {
    params.layers[i].result = make_tensor_map(rows[i].sum, sum_shape(rows[i], layers[i].p));
    if (rows[i].first_row % 8 != 0) throw std::invalid_argument("first_row: a multiple of 8");
    params.layers[i].first_row = static_cast<int>(rows[i].first_row);
    params.layers[i].rows = static_cast<int>(rows[i].rows);
  }
  number_tiles(params);
  const int clusters = cluster_count(), slots = clusters * kPair * kConsumers;
  params.factors = factors;
  if (params.first_tile[params.layer_count] % clusters != 0) {
    params.partials = static_cast<float*>(scratch);
    params.flags = reinterpret_cast<int*>(params.partials + std::int64_t{slots} * kHandOverFloats);
    cuda_check(cudaMemsetAsync(params.flags, 0, static_cast<std::size_t>(slots) * 4, stream),
               "clearing flags");
  }
  launch_linear_tiles<ClippedSum>(params, clusters, stream);
}

}  // namespace clipbench::kernels::hopper
