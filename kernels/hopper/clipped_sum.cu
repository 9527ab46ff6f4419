#include <stdexcept>

#include "kernels/hopper/linear_params.h"
#include "kernels/hopper/sample_runs.cuh"
#include "kernels/hopper/tensor_map.h"
#include "kernels/hopper/tile_noise.cuh"
#include "kernels/hopper/tile_parts.cuh"

namespace clipbench::kernels::hopper {
namespace {

constexpr float kFactorRange = 1073741824.f;  // 2³⁰

/// Accumulators that a cluster hands to the one that completes the tile: per block and warpgroup
/// [kAccumulators / 4] rows of a float4 a thread.
constexpr int kHandOverFloats = kAccumulators * kWarpgroup;

/// Out: what lies in memory. Released sums are noised, rounded and stored; others are added to it.
template <class Out, bool kReleased>
struct ClippedSum {
  using Work = SampleRuns;
  using Accumulators = float[kAccumulators];
  static constexpr int kBoxes = 2;  // of a warpgroup; one is written while the other is read
  static constexpr int kStages = 4, kOwnBytes = kConsumers * kBoxes * kPartBytes;

  static __device__ bool skips(const LinearParams& params, int sample) {
    return __ldg(params.factors + sample) == 0.f;
  }

  static __device__ int slot(const Consumer& me, int cluster) {
    return (cluster * kPair + me.rank) * kConsumers + me.warpgroup;
  }

  /// Where this thread's accumulators lie, of those that `cluster` keeps in `all`.
  static __device__ float4* kept(float* all, const Consumer& me, int cluster) {
    float* its = all + static_cast<size_t>(slot(me, cluster)) * kHandOverFloats;
    return reinterpret_cast<float4*>(its) + me.thread;
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

  static __device__ __forceinline__ void keep(float4* to, const Accumulators& acc, float scale,
                                              bool add) {
#pragma unroll
    for (int i = 0; i < kAccumulators; i += 4) {
      const float4 old = add ? __ldcg(to) : make_float4(0, 0, 0, 0);
      __stcg(to, make_float4(old.x + acc[i] * scale, old.y + acc[i + 1] * scale,
                             old.z + acc[i + 2] * scale, old.w + acc[i + 3] * scale));
      to += kWarpgroup;
    }
  }

  static __device__ __forceinline__ void add_kept(Accumulators& acc, const float4* from) {
#pragma unroll
    for (int i = 0; i < kAccumulators; i += 4) {
      const float4 part = __ldcg(from + i / 4 * kWarpgroup);
      acc[i] += part.x;
      acc[i + 1] += part.y;
      acc[i + 2] += part.z;
      acc[i + 3] += part.w;
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
      add_kept(acc, kept(params.partials, me, c));
    }
  }

  /// One add or store an element, so the order of adds is nobody's to choose.
  static __device__ void send_box(const LayerTiles& layer, uint32_t box, int column, int row) {
    if (column < layer.p && row < layer.rows) {
      if constexpr (kReleased) {
        store_box(layer.result, box, column, row, 0);
      } else {
        add_box(layer.result, box, column, row);
      }
    }
    commit_stores();
  }

  template <class Values>
  static __device__ __forceinline__ void send_tile(const LayerTiles& layer, const Piece& piece,
                                                   const Consumer& me, uint32_t own,
                                                   const Values& values) {
#pragma unroll
    for (int part = 0; part < kTileN / kPartColumns<Out>; ++part) {
      const uint32_t box = own + (me.warpgroup * kBoxes + part % kBoxes) * kPartBytes;
      if (me.thread == 0) wait_stores_read<kBoxes - 1>();
      warpgroup_sync(1 + me.warpgroup);
      write_part(Out{}, box, part, me, values);
      shared_writes_visible_to_copies();
      warpgroup_sync(1 + me.warpgroup);
      const int column = piece.n + part * kPartColumns<Out>;
      if (me.thread == 0) send_box(layer, box, column, me.first_row(piece));
    }
  }

  /// acc · scale, with noise where it is released, to memory.
  static __device__ __forceinline__ void finish(const LinearParams& params, const Piece& piece,
                                                const Consumer& me, const Accumulators& acc,
                                                float scale, uint32_t own) {
    const LayerTiles& layer = params.layers[piece.layer];
    const auto scaled = [&](int j, float(&v)[4]) {
#pragma unroll
      for (int i = 0; i < 4; ++i) v[i] = acc[4 * j + i] * scale;
    };
    if (!kReleased || params.noise.std == 0.f) {
      send_tile(layer, piece, me, own, scaled);
    } else {
      const TileNoise noise(params.noise, layer, piece, me);
      send_tile(layer, piece, me, own, [&](int j, float(&v)[4]) {
        scaled(j, v);
        noise.add_to(v, j);
      });
    }
  }

  /// The tile's parts before this one and what other clusters have of it, added to the last part.
  static __device__ __forceinline__ void gather(const LinearParams& params, const Piece& piece,
                                                const Consumer& me, bool has_parts,
                                                Accumulators& acc, float& scale) {
    if (!has_parts && piece.first_sample == 0) return;
#pragma unroll
    for (int i = 0; i < kAccumulators; ++i) acc[i] *= scale;
    scale = 1;
    if (has_parts) add_kept(acc, kept(params.parts, me, me.cluster));
    if (piece.first_sample > 0) collect(params, piece, me, acc);
  }

  template <class Ring>
  static __device__ void consume(const LinearParams& params, Ring ring, uint32_t own) {
    const Consumer me;
    Work work(params);
    Piece piece;
    float acc[kAccumulators];
    while (work.next(piece)) {
      const bool completes = piece.last_sample == params.samples;
      float* const parts = completes ? params.parts : params.partials;
      int sample = piece.first_sample;
      do {
        float scale;
        const bool has_parts = sample > piece.first_sample;
        sample = accumulate(params, piece, sample, me, ring, acc, scale);
        if (sample < piece.last_sample || !completes) {
          keep(kept(parts, me, me.cluster), acc, scale, has_parts);
        } else {
          gather(params, piece, me, has_parts, acc, scale);
          finish(params, piece, me, acc, scale, own);
        }
      } while (sample < piece.last_sample);
      if (!completes) announce(params, me);
    }
    if (me.thread == 0) wait_stores_done();
  }
};

template <class Out>
TensorShape sum_shape(const SumRows& rows, std::int64_t columns) {
  const auto p = static_cast<std::uint64_t>(columns), n = static_cast<std::uint64_t>(rows.rows);
  return {.element = sizeof(Out) == 2 ? Element::bf16 : Element::f32,
          .extents = {p, n, 1},
          .strides = {sizeof(Out) * p, sizeof(Out) * p * n},
          .box = {kPartColumns<Out>, 64, 1}};
}

int slot_count() { return cluster_count() * kPair * kConsumers; }

/// How many of so many tiles are shared.
int shared_tiles(int tiles, int samples, int stages_per_sample) {
  constexpr std::int64_t kHandOverStages = 16;  // about what is multiplied in the time
  const int clusters = cluster_count(), rest = tiles % clusters;
  const std::int64_t stages = std::int64_t{samples} * stages_per_sample;
  return (clusters - rest) * stages > clusters * kHandOverStages ? rest : 0;
}

template <class Out>
LinearParams make_params(std::span<const LinearLayer> layers, std::span<const SumRows> rows,
                         Batch batch) {
  if (rows.size() != layers.size()) throw std::invalid_argument("one sum a layer");
  LinearParams params = make_linear_params(layers, batch);
  for (std::size_t i = 0; i < rows.size(); ++i) {
    if (rows[i].first_row % 8 != 0) throw std::invalid_argument("first_row: a multiple of 8");
    if (rows[i].noise_first % 4 != 0) throw std::invalid_argument("noise_first: a multiple of 4");
    LayerTiles& layer = params.layers[i];
    layer.result = make_tensor_map(rows[i].sum, sum_shape<Out>(rows[i], layers[i].p));
    layer.first_row = static_cast<int>(rows[i].first_row);
    layer.rows = static_cast<int>(rows[i].rows);
    layer.noise_stream = rows[i].noise_stream;
    layer.noise_first = rows[i].noise_first;
  }
  number_tiles(params);
  return params;
}

/// Scratch: parts of tiles, and where tiles are shared, what is handed over and its flags.
void divide_scratch(LinearParams& params, void* scratch, cudaStream_t stream) {
  const std::int64_t slots = slot_count();
  params.parts = static_cast<float*>(scratch);
  params.shared_tiles =
      shared_tiles(params.first_tile[params.layer_count], params.samples, params.stages_per_sample);
  if (params.shared_tiles == 0) return;
  params.partials = params.parts + slots * kHandOverFloats;
  params.flags = reinterpret_cast<int*>(params.partials + slots * kHandOverFloats);
  cuda_check(
      cudaMemsetAsync(params.flags, 0, static_cast<std::size_t>(slots) * sizeof(int), stream),
      "clearing flags");
}

template <class Out, bool kReleased>
void sum_up(std::span<const LinearLayer> layers, std::span<const SumRows> rows, Batch batch,
            const float* factors, const cuda::Noise& noise, void* scratch, cudaStream_t stream) {
  LinearParams params = make_params<Out>(layers, rows, batch);
  divide_scratch(params, scratch, stream);
  params.factors = factors;
  params.noise = noise;
  launch_linear_tiles<ClippedSum<Out, kReleased>>(params, cluster_count(), stream);
}

}  // namespace

std::int64_t clipped_sum_scratch_bytes(std::span<const SumRows> rows,
                                       std::span<const LinearLayer> layers, Batch batch) {
  std::int64_t tiles = 0;
  for (std::size_t i = 0; i < layers.size(); ++i) {
    tiles += pair_tiles(rows[i].rows, layers[i].p);
  }
  const std::int64_t kept_bytes = slot_count() * std::int64_t{kHandOverFloats} * 4;
  if (shared_tiles(static_cast<int>(tiles), batch.samples, stages_of(batch)) == 0) {
    return kept_bytes;
  }
  return 2 * kept_bytes + slot_count() * std::int64_t{sizeof(int)};
}

void clipped_sum(std::span<const LinearLayer> layers, std::span<const SumRows> rows, Batch batch,
                 const float* factors, void* scratch, cudaStream_t stream) {
  sum_up<float, /*kReleased=*/false>(layers, rows, batch, factors, {}, scratch, stream);
}

void released_sum(std::span<const LinearLayer> layers, std::span<const SumRows> rows,
                  cuda::Element type, Batch batch, const float* factors, const cuda::Noise& noise,
                  void* scratch, cudaStream_t stream) {
  const auto sum = type == cuda::Element::f32 ? sum_up<float, true> : sum_up<__nv_bfloat16, true>;
  sum(layers, rows, batch, factors, noise, scratch, stream);
}

}  // namespace clipbench::kernels::hopper
